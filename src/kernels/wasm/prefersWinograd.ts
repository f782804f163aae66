/**
 * Whether a convolution that keeps height and width is faster by Winograd's algorithm than directly, as measured: it wants
 * 3×3 taps, channels in fours, and enough of them, and of the tiles' area inside the image, to pay for the transforms.
 */
export function prefersWinograd(
  size: number,
  height: number,
  width: number,
  depth: number,
  columns: number,
): boolean {
  if (size !== 3 || depth % 4 !== 0 || columns % 4 !== 0) return false;
  if (process.env.WG) return process.env.WG === '1';
  const used = (height * width) / (16 * Math.ceil(height / 4) * Math.ceil(width / 4));
  return used > 0.5 && depth * columns >= 256;
}

/**
 * Whether a convolution that keeps height and width is faster by Winograd's algorithm than directly, as measured: it wants
 * 3×3 taps, channels in fours, and most of the area of its tiles of 4 × 4 pixels inside the image.
 */
export function prefersWinograd(
  size: number,
  height: number,
  width: number,
  inChannels: number,
  outChannels: number,
): boolean {
  if (size !== 3 || inChannels % 4 !== 0 || outChannels % 4 !== 0) return false;
  return height * width > 8 * Math.ceil(height / 4) * Math.ceil(width / 4);
}

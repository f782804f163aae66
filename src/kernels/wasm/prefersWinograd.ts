/** Multiply-adds from which on the time saved is worth the rounding, three times that of the direct sum. */
const WORTH_PRODUCTS = 2 ** 22;

/**
 * Whether a convolution that keeps height and width is better computed by Winograd's algorithm than directly: it wants
 * 3×3 taps, channels in fours, most of the area of its tiles of 4 × 4 pixels inside the image, and enough work.
 *
 * @param shape Of the input or of the gradient of the output, [batch, height, width, channels].
 * @param filter Shape of the filter.
 */
export function prefersWinograd(shape: readonly number[], filter: readonly number[]): boolean {
  const [batch, height, width] = shape;
  const [size, , inChannels, outChannels] = filter;
  if (size !== 3 || inChannels % 4 !== 0 || outChannels % 4 !== 0) return false;
  const products = batch * height * width * inChannels * outChannels * size * size;
  return products >= WORTH_PRODUCTS && height * width > 8 * Math.ceil(height / 4) * Math.ceil(width / 4);
}

import type * as tf from '@tensorflow/tfjs-core';

/** Operations of one of this library's convolution kernels, as the direct convolution has them; 0 for other kernels. */
export function convolutionFlops(
  name: string,
  { x, dy, filter }: Record<string, tf.TensorInfo>,
  attributes: { size?: number } | undefined,
): number {
  const upsampled = name.startsWith('DiffusionSslUpsampleConv2D');
  if (!/^DiffusionSslConv2D/.test(name) && !upsampled) return 0;
  const transposed = name.includes('Transpose');
  const pixels = (x ?? dy).shape.slice(0, 3).reduce((product, length) => product * length);
  const taps = filter
    ? filter.shape.reduce((product, length) => product * length)
    : (upsampled ? 3 : (attributes?.size ?? 1)) ** 2 * x.shape[3] * dy.shape[3];
  // As the convolution of the larger image.
  if (upsampled) return 2 * (x ? 4 * pixels : pixels) * taps;
  // Every pixel of a transposed convolution's input meets every tap; `dy` has four times as many.
  return 2 * (transposed && !x ? pixels / 4 : pixels) * taps;
}

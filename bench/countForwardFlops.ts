import { type BenchNetwork, blockNum, inChannels, timeEmbeddingDim } from './networks.js';

/**
 * Floating-point operations of one forward pass of `unetAttD` with attention and `deconv_2`: two for every multiply-add
 * of its convolutions and its linear layer.
 */
export function countForwardFlops({ filterConfig, size, batch }: BenchNetwork): number {
  const pixels = (level: number) => (size / 2 ** level) ** 2;
  const block = (level: number, from: number, to: number, count: number) =>
    9 * pixels(level) * (from + (count - 1) * to) * to;

  let products = 0;
  for (let level = 0; level < 6; level++) {
    const from = level === 0 ? inChannels : filterConfig[level - 1];
    products += block(level, from, filterConfig[level], blockNum[level]);
  }
  for (let level = 4; level >= 0; level--) {
    const width = filterConfig[level];
    const gate = level > 0 ? filterConfig[level - 1] : Math.floor(width / 2);
    products += 16 * pixels(level + 1) * filterConfig[level + 1] * width;
    products += pixels(level) * (2 * width * gate + gate);
    products += block(level, 2 * width, width, blockNum[level]);
  }
  products += pixels(0) * filterConfig[0] * inChannels;
  products += timeEmbeddingDim * filterConfig[5];
  return 2 * batch * products;
}

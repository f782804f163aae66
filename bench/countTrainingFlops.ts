import { type BenchNetwork, blockNum, inChannels, timeEmbeddingDim } from './networks.js';

/**
 * Floating-point operations of one forward and backward pass of `unetAttD` with attention and `deconv_2`: two
 * for every multiply-add of its convolutions and its linear layer. The backward pass costs the forward pass
 * twice, once for the inputs and once for the weights, save that image and time embedding need no gradient.
 */
export function countTrainingFlops({ filterConfig, size, batch }: BenchNetwork): number {
  const pixels = (level: number) => (size / 2 ** level) ** 2;
  const block = (level: number, from: number, to: number, count: number) =>
    9 * pixels(level) * (from + (count - 1) * to) * to;

  let forward = 0;
  for (let level = 0; level < 6; level++) {
    const from = level === 0 ? inChannels : filterConfig[level - 1];
    forward += block(level, from, filterConfig[level], blockNum[level]);
  }
  for (let level = 4; level >= 0; level--) {
    const width = filterConfig[level];
    const gate = level > 0 ? filterConfig[level - 1] : Math.floor(width / 2);
    forward += 16 * pixels(level + 1) * filterConfig[level + 1] * width;
    forward += pixels(level) * (2 * width * gate + gate);
    forward += block(level, 2 * width, width, blockNum[level]);
  }
  forward += pixels(0) * filterConfig[0] * inChannels;
  const timeMlp = timeEmbeddingDim * filterConfig[5];
  forward += timeMlp;

  const withoutInputGradient = block(0, inChannels, filterConfig[0], 1) + timeMlp;
  return 2 * batch * (3 * forward - withoutInputGradient);
}

import { countForwardFlops } from './countForwardFlops.js';
import type { Family } from './kernelFamily.js';
import { type BenchNetwork, inChannels, timeEmbeddingDim } from './networks.js';

/**
 * Operations of a training step by family, as direct convolutions. Nothing asks for the gradient of the image, so the
 * first convolution has none of its input.
 */
export function countFamilyFlops(network: BenchNetwork): Partial<Record<Family, number>> {
  const { filterConfig, size, batch } = network;
  let upsampling = 0;
  for (let level = 4; level >= 0; level--) {
    upsampling += 16 * (size / 2 ** (level + 1)) ** 2 * filterConfig[level + 1] * filterConfig[level];
  }
  const transposed = 2 * batch * upsampling;
  const linear = 2 * batch * timeEmbeddingDim * filterConfig[5];
  const forward = countForwardFlops(network) - transposed - linear;
  return {
    convolution: forward,
    'convolution, input gradient': forward - 2 * batch * 9 * size ** 2 * inChannels * filterConfig[0],
    'convolution, filter gradient': forward,
    'transposed convolutions': 3 * transposed,
  };
}

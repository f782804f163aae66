import { countForwardFlops } from './countForwardFlops.js';
import type { Family } from './kernelFamily.js';
import { type BenchNetwork, timeEmbeddingDim } from './networks.js';

/**
 * Operations of a training step by family, as direct convolutions. Unlike in `countTrainingFlops.ts` the gradient of
 * the image counts: nothing needs it, but the operations compute it.
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
    'convolution, input gradient': forward,
    'convolution, filter gradient': forward,
    'transposed convolutions': 3 * transposed,
  };
}

import { countForwardFlops } from './countForwardFlops.js';
import { type BenchNetwork, inChannels, timeEmbeddingDim } from './networks.js';

/**
 * Floating-point operations of one forward and backward pass of `unetAttD` with attention and `deconv_2`. The backward
 * pass costs the forward pass twice, once for the inputs and once for the weights, save that image and time embedding
 * need no gradient.
 */
export function countTrainingFlops(network: BenchNetwork): number {
  const { filterConfig, size, batch } = network;
  const firstConvolution = 9 * size ** 2 * inChannels * filterConfig[0];
  const withoutInputGradient = firstConvolution + timeEmbeddingDim * filterConfig[5];
  return 3 * countForwardFlops(network) - 2 * batch * withoutInputGradient;
}

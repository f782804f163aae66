import { estimateMemory, type MemoryEstimate } from 'diffusion-ssl/models';
import type { PretrainConfig } from '../config/PretrainConfig.js';
import { countNetwork } from '../model/countNetwork.js';
import type { RunNetwork } from './networkOf.js';

/** What training a network needs, in bytes; the activations of `unetAttD` alone are estimated. */
export function memoryOf(
  network: RunNetwork,
  { batch, emaDecay, gradientCheckpointing }: PretrainConfig,
  size: readonly [height: number, width: number],
): MemoryEstimate {
  if (network.factory === 'unetAttD')
    return estimateMemory(network.config, { batch, size, ema: emaDecay > 0, gradientCheckpointing });
  const weights = 4 * countNetwork(network).trainable;
  const parts = { weights, gradients: weights, moments: 2 * weights, ema: emaDecay > 0 ? weights : 0 };
  const total = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  return { ...parts, activations: 0, total };
}

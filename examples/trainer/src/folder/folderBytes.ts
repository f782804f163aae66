import type { PretrainConfig } from '../config/pretrainOptions.js';
import { memoryOf } from '../setup/memoryOf.js';
import type { RunNetwork } from '../setup/networkOf.js';

/**
 * What a run's folder will hold: the checkpoints (best, latest, the one being written and those kept), the model, of
 * which a new one is written beside the old, and a megabyte of logs and pictures.
 */
export function folderBytes(network: RunNetwork, config: PretrainConfig): number {
  const { epochs, checkpointInterval } = config;
  const kept = checkpointInterval > 0 ? Math.floor(epochs / checkpointInterval) : 0;
  const { weights, moments, ema } = memoryOf(network, config, [32, 32]);
  return (3 + kept) * (weights + moments + ema) + 2 * weights + 2 ** 20;
}

import { estimateMemory, type UnetAttDConfig } from 'diffusion-ssl/models';
import type { PretrainConfig } from '../config/pretrainOptions.js';

/**
 * What a run's folder will hold: the checkpoints (best, latest, the one being written and those kept), the model, of
 * which a new one is written beside the old, and a megabyte of logs and pictures.
 */
export function folderBytes(model: UnetAttDConfig, config: PretrainConfig): number {
  const { emaDecay, epochs, checkpointInterval } = config;
  const kept = checkpointInterval > 0 ? Math.floor(epochs / checkpointInterval) : 0;
  const { weights, moments, ema } = estimateMemory(model, { batch: 1, size: [32, 32], ema: emaDecay > 0 });
  return (3 + kept) * (weights + moments + ema) + 2 * weights + 2 ** 20;
}

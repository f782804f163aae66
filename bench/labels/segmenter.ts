import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { FineTuning, type FineTuningOptions } from 'diffusion-ssl/finetuning';
import { segmentationHead } from 'diffusion-ssl/heads';
import { toTorchStateDict, writeSafetensors } from 'diffusion-ssl/interop';
import { AdamW } from 'diffusion-ssl/optimizers';
import { loadModel } from '../benchModel.js';
import type { BenchNetwork } from '../networks.js';
import { runChild, writePeerConfig } from '../runMeasurement.js';

export const classes = 6;

/** A network of the benchmarks with a linear head, and its weights in the folder for the peer. */
export async function segmenter(
  network: BenchNetwork & { name: string },
  folder: string,
  options: Partial<FineTuningOptions> = {},
): Promise<FineTuning> {
  await runChild('sampleChild.ts', ['prepare', network.name, folder]);
  writePeerConfig(network, folder);
  const tuning = new FineTuning(loadModel(network, 0, folder), {
    head: segmentationHead({ classes, seed: 1 }),
    optimizer: () => new AdamW({ learningRate: 1e-3, weightDecay: 1e-2 }),
    ...options,
  });
  const weights = await toTorchStateDict(tuning.parameters);
  writeFileSync(path.join(folder, 'segmenter.safetensors'), writeSafetensors(weights));
  return tuning;
}

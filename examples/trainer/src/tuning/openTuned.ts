import path from 'node:path';
import { DataError } from 'diffusion-ssl/errors';
import { weightsFingerprint } from 'diffusion-ssl/features';
import type { FineTuning } from 'diffusion-ssl/finetuning';
import { loadWeights, openTensors } from 'diffusion-ssl/interop';
import { folderFiles } from 'diffusion-ssl/training/node';
import type { TunedFile } from '../heads/HeadFile.js';
import type { OpenModel } from '../model/openModel.js';
import { headParameters } from './headParameters.js';
import { makeTuning } from './makeTuning.js';
import { HEAD_WEIGHTS } from './saveTuned.js';

/**
 * The head of a fine-tuned network, which is open, with its weights.
 *
 * @param name Of its file.
 * @throws {DataError} If network and head are not of one save.
 */
export async function openTuned(name: string, file: TunedFile, model: OpenModel): Promise<FineTuning> {
  const { head, layers, width, timestep } = file.network;
  const tuning = makeTuning(model, file.classes.length, {
    ...{ task: file.task, head, layers, width, timestep },
    // Of no weight for what is not trained.
    ...{
      frozen: false,
      batchNorm: 'running',
      rate: 1,
      layerDecay: 1,
      headFirst: 0,
      lr: 0,
      weightDecay: 0,
      seed: 0,
    },
  });
  const weights = await openTensors(folderFiles(path.dirname(name)), HEAD_WEIGHTS);
  try {
    await loadWeights(headParameters(tuning, model), weights.tensors);
  } finally {
    await weights.close();
  }
  if ((await weightsFingerprint(tuning.parameters)) !== file.fingerprint) {
    throw new DataError(
      `${name}, the network and ${HEAD_WEIGHTS} beside it are not of one save: copy all files of the folder, or go ` +
        'on with the fine-tuning that was stopped.',
    );
  }
  return tuning;
}

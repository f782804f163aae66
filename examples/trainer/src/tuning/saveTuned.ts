import path from 'node:path';
import { weightsFingerprint } from 'diffusion-ssl/features';
import { saveTensors, storedStateDict } from 'diffusion-ssl/interop';
import { savePretrained } from 'diffusion-ssl/pretrained';
import { folderFiles } from 'diffusion-ssl/training/node';
import { writeHeadFile } from '../heads/HeadFile.js';
import { SCORE_NAMES } from '../transfer/score.js';
import { headParameters } from './headParameters.js';
import { layersFor } from './makeTuning.js';
import type { TuneRun } from './TuneRun.js';
import { bestCheck } from './TuneState.js';
import { tunedCard } from './tunedCard.js';

/** The folder of the model in that of a fine-tuning. */
export const TUNED = 'model';
/** The weights of the head in the folder of the model. */
export const HEAD_WEIGHTS = 'head.safetensors';

/** Writes the model folder of a fine-tuning, with the weights at hand: the network, its classes, its head, a card. */
export async function saveTuned(run: TuneRun): Promise<void> {
  const { folder, state, model, tuning, classes, task } = run;
  const { config } = state;
  const to = path.join(folder, TUNED);
  const files = folderFiles(to);
  const { bands, diffusion, normalization, factory, config: architecture } = model;
  const [height, width] = task.shape;
  await savePretrained(model.model, files, {
    ...{ factory, config: architecture as never, bands, diffusion, normalization, classes },
    size: [height, width],
    card: tunedCard(run),
  });
  await saveTensors(files, HEAD_WEIGHTS, storedStateDict(headParameters(tuning, model)));
  const { head, timestep, inputBands } = config;
  await writeHeadFile(to, {
    ...{ version: 1, task: config.task, classes, model: '.', inputBands },
    fingerprint: await weightsFingerprint(tuning.parameters),
    network: { head, width: config.width, timestep, layers: config.layers ?? layersFor(model, config) },
    ...{ score: SCORE_NAMES[task.kind], validation: bestCheck(state)?.score ?? null },
  });
}

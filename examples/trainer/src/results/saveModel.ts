import { existsSync } from 'node:fs';
import path from 'node:path';
import { type ModelDescription, savePretrained } from 'diffusion-ssl/pretrained';
import { folderFiles, writeFileAtomic } from 'diffusion-ssl/training/node';
import { chipNormalization } from '../data/chipNormalization.js';
import type { Run } from '../run/Run.js';
import { withAverage } from '../run/withAverage.js';
import { diffusionOf } from '../setup/diffusionOf.js';
import { modelCard } from './modelCard.js';

/** The folder of the model in that of a run. */
const MODEL = 'model';

/** Writes the model folder of a run, with the weights at hand: those of its best epoch. */
export async function saveModel(run: Run): Promise<void> {
  const { config, network, state, bands, folder } = run;
  const [height, width] = state.chips.shape;
  const description: ModelDescription = {
    bands,
    diffusion: diffusionOf(config),
    normalization: chipNormalization(config, state.chips.statistics),
    size: [height, width],
    ...(run.conditions.length > 0 && { conditions: run.conditions }),
  };
  const card = modelCard(run);
  const files = folderFiles(path.join(folder, MODEL));
  await withAverage(run, () =>
    savePretrained(run.model, files, {
      ...network,
      ...description,
      card,
    }),
  );
}

/**
 * Brings the model's card to the end of the run; a run from before there were models gets one, with its last weights.
 */
export async function finishModel(run: Run): Promise<void> {
  const folder = path.join(run.folder, MODEL);
  if (!existsSync(path.join(folder, 'diffusion_ssl.json'))) await saveModel(run);
  else await writeFileAtomic(path.join(folder, 'README.md'), modelCard(run));
}

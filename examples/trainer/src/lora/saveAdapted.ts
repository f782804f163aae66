import path from 'node:path';
import { saveLora } from 'diffusion-ssl/adapters';
import { savePretrained } from 'diffusion-ssl/pretrained';
import { folderFiles } from 'diffusion-ssl/training/node';
import type { OpenModel } from '../model/openModel.js';
import { adaptedCard } from './adaptedCard.js';
import type { LoraRun } from './LoraRun.js';

/** Folders in that of a run. */
export const ADAPTER = 'adapter';
export const MERGED = 'model';

/** Writes the adapters of a run, with the weights at hand. */
export async function saveAdapters({ folder, lora, state }: LoraRun): Promise<void> {
  const { format } = state.config;
  if (lora) await saveLora(folderFiles(path.join(folder, ADAPTER)), { unet: lora }, { format });
}

/** Writes what was trained, with the weights at hand: the adapters, and where it is asked for the whole network. */
export async function saveAdapted(run: LoraRun, pretrained: OpenModel): Promise<void> {
  const { folder, lora, state } = run;
  await saveAdapters(run);
  if (lora && !state.config.merge) return;
  const { model, factory, config, bands, diffusion, normalization, size } = pretrained;
  lora?.merge();
  try {
    await savePretrained(model, folderFiles(path.join(folder, MERGED)), {
      ...{ factory, config: config as never, bands, diffusion, normalization, size },
      card: adaptedCard(run),
    });
  } finally {
    lora?.unmerge();
  }
}

import path from 'node:path';
import { initBackend } from 'diffusion-ssl/backends/node';
import { buildLandCover } from '../data/buildLandCover.js';
import { chipError } from '../data/chipData.js';
import type { DinoConfig } from '../dino/DinoConfig.js';
import type { DinoRun } from '../dino/DinoRun.js';
import { parseDinoOptions } from '../dino/dinoOptions.js';
import { openDinoRun } from '../dino/openDinoRun.js';
import { readDinoPoint } from '../dino/readDinoPoint.js';
import { saveDinoCheckpoint } from '../dino/saveDino.js';
import { trainDino } from '../dino/trainDino.js';
import { inRunFolder } from './inRunFolder.js';
import { trainTold } from './trainTold.js';
import { untilStopped } from './untilStopped.js';

/** Where the sample chips with land cover are built, from the folder in which the command is started. */
const SAMPLE_FOLDER = path.join('data', 'land-cover');

/** `diffusion-ssl dino`: trains a vision transformer by self-distillation. */
export async function dino(args: readonly string[]): Promise<void> {
  const { config: asked, given, run } = parseDinoOptions(args);
  await untilStopped((signal) =>
    inRunFolder(
      run,
      () => readDinoPoint(run.out, given),
      async (resumed) => {
        const config = resumed?.state.config ?? (await withSampleChips(asked, signal));
        const backend = await initBackend({ ...run, device: run.backend });
        try {
          const teller = {
            note: (text: string) => console.log(text),
            warning: (text: string) => console.warn(text),
          };
          const parts = { folder: run.out, config, run, resumed, backend, teller, signal };
          const opened = await openDinoRun(parts);
          try {
            await train(opened, resumed !== undefined);
          } catch (error) {
            throw signal.aborted ? error : chipError(error, config.chips);
          } finally {
            await opened.data.close();
          }
        } finally {
          await backend.dispose();
        }
      },
    ),
  );
}

/** Without chips of the user's: the sample chips, with their land cover as labels. */
async function withSampleChips(config: DinoConfig, signal: AbortSignal): Promise<DinoConfig> {
  if (config.chips.data !== undefined) return config;
  const { dataPath, catalogPath } = await buildLandCover(SAMPLE_FOLDER, { signal });
  return {
    ...config,
    labels: config.labels ?? (config.chips.windows === undefined ? 'group' : undefined),
    chips: { ...config.chips, data: dataPath, catalog: catalogPath },
  };
}

/** Trains, and says what comes of it. */
async function train(run: DinoRun, isResumed: boolean): Promise<void> {
  const { folder, state, data } = run;
  const { backbone } = run.training.student;
  console.log(
    `${backbone.countParams().toLocaleString('en')} parameters, ${backbone.outputs[0].shape[1]} features`,
  );
  await trainTold(run, {
    command: 'dino',
    totalSteps: data.train.batchesPerEpoch * state.config.chips.epochs,
    isResumed,
    train: (log, bar) => trainDino(run, log, bar),
    save: () => saveDinoCheckpoint(run),
  });
  const files = 'log.csv and attention.png in';
  console.log(`the teacher is in ${path.join(folder, 'model')}; ${files} ${folder}`);
}

import path from 'node:path';
import { initBackend } from 'diffusion-ssl/backends/node';
import { ConfigError } from 'diffusion-ssl/errors';
import { createJsonLinesLog } from 'diffusion-ssl/training/node';
import { holdsCheckpoint, LATEST } from '../checkpoint/checkpointNames.js';
import { createProgressBar } from '../console/progressBar.js';
import { buildLandCover } from '../data/buildLandCover.js';
import { chipError } from '../data/chipData.js';
import type { DinoConfig } from '../dino/DinoConfig.js';
import type { DinoRun } from '../dino/DinoRun.js';
import { parseDinoOptions } from '../dino/dinoOptions.js';
import { openDinoRun } from '../dino/openDinoRun.js';
import { type DinoPoint, readDinoPoint } from '../dino/readDinoPoint.js';
import { saveDinoCheckpoint } from '../dino/saveDino.js';
import { trainDino } from '../dino/trainDino.js';
import { lockFolder } from '../folder/lockFolder.js';
import { makeFolder } from '../folder/makeFolder.js';
import { untilStopped } from './untilStopped.js';

/** Where the sample chips with land cover are built, from the folder in which the command is started. */
const SAMPLE_FOLDER = path.join('data', 'land-cover');

/** `diffusion-ssl dino`: trains a vision transformer by self-distillation. */
export async function dino(args: readonly string[]): Promise<void> {
  const { config: asked, given, run } = parseDinoOptions(args);
  await untilStopped(async (signal) => {
    const undo = await makeFolder(run.out);
    const lock = await lockFolder(run.out, '--out', run.takeOver);
    let resumed: DinoPoint | undefined;
    try {
      if (run.resume) resumed = await readDinoPoint(run.out, given);
      else if (holdsCheckpoint(run.out, LATEST)) {
        throw new ConfigError(
          `${run.out} holds a run already: go on with it by --resume, or choose another --out.`,
        );
      }
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
    } finally {
      await resumed?.tensors.close();
      await lock.release();
      await undo();
    }
  });
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

/** Trains to the end, or to where it is stopped, with a checkpoint of where it stands. */
async function train(run: DinoRun, isResumed: boolean): Promise<void> {
  const { folder, state, training, data } = run;
  const totalSteps = data.train.batchesPerEpoch * state.config.chips.epochs;
  const [{ outputs }] = [training.student.backbone];
  console.log(
    `${training.student.backbone.countParams().toLocaleString('en')} parameters, ${outputs[0].shape[1]} features`,
  );
  console.log(isResumed ? `resuming ${folder} at step ${state.step}` : `writing ${folder}`);
  const log = await createJsonLinesLog(path.join(folder, 'log.jsonl'), {
    resumeStep: isResumed ? state.step : undefined,
  });
  const bar = createProgressBar({ totalSteps, startStep: state.step });
  try {
    await trainDino(run, log, bar);
  } catch (error) {
    if (run.signal?.aborted) {
      if (run.unsaved) await saveDinoCheckpoint(run);
      const command = `npx diffusion-ssl dino --out ${folder} --resume`;
      console.log(
        state.step > 0
          ? `stopped at step ${state.step}; go on with: ${command}`
          : 'stopped before the first step',
      );
    }
    throw error;
  } finally {
    bar.close();
  }
  const files = 'log.csv and attention.png in';
  console.log(`the teacher is in ${path.join(folder, 'model')}; ${files} ${folder}`);
}

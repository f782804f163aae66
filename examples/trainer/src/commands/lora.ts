import path from 'node:path';
import { initBackend } from 'diffusion-ssl/backends/node';
import { chipError } from '../data/chipData.js';
import { type LoraRun, withLoraAverage } from '../lora/LoraRun.js';
import { parseLoraOptions } from '../lora/loraOptions.js';
import { openLoraRun } from '../lora/openLoraRun.js';
import { readLoraPoint } from '../lora/readLoraPoint.js';
import { ADAPTER, MERGED } from '../lora/saveAdapted.js';
import { saveLoraCheckpoint } from '../lora/saveLoraCheckpoint.js';
import { trainedShare } from '../lora/trainedShare.js';
import { trainLora } from '../lora/trainLora.js';
import { inRunFolder } from './inRunFolder.js';
import { trainTold } from './trainTold.js';
import { untilStopped } from './untilStopped.js';

/** `diffusion-ssl lora MODEL`: adapts a pretrained network to a new site. */
export async function lora(args: readonly string[]): Promise<void> {
  const { config: asked, given, run } = parseLoraOptions(args);
  await untilStopped((signal) =>
    inRunFolder(
      run,
      () => readLoraPoint(run.out, given),
      async (resumed) => {
        const config = resumed?.state.config ?? asked;
        const backend = await initBackend({ ...run, device: run.backend });
        try {
          const teller = {
            note: (text: string) => console.log(text),
            warning: (text: string) => console.warn(text),
          };
          const opened = await openLoraRun({
            folder: run.out,
            config,
            run,
            resumed,
            backend,
            teller,
            signal,
          });
          try {
            await train(opened, resumed !== undefined);
          } catch (error) {
            throw signal.aborted ? error : chipError(error, config.chips);
          } finally {
            await opened.subject.close();
          }
        } finally {
          await backend.dispose();
        }
      },
    ),
  );
}

/** Trains, and says what comes of it. */
async function train(run: LoraRun, isResumed: boolean): Promise<void> {
  const { folder, state, subject, lora } = run;
  const { trained, share } = trainedShare(run);
  const what = lora ? `in adapters of ${Object.keys(lora.ranks).length} layers` : 'all of the network';
  console.log(
    `${trained.toLocaleString('en')} weights are trained, ${what} (${(100 * share).toFixed(1)} % of it)`,
  );
  await trainTold(run, {
    command: 'lora',
    totalSteps: subject.batchesPerEpoch * state.config.chips.epochs,
    isResumed,
    train: (log, bar) => trainLora(run, log, bar),
    save: () => saveLoraCheckpoint(run),
  });
  await withLoraAverage(run, () => subject.finish(run));
  const left = [
    ...(lora ? [`adapters in ${path.join(folder, ADAPTER)}`] : []),
    ...(lora && !state.config.merge ? [] : [`the network in ${path.join(folder, MERGED)}`]),
  ];
  console.log(`${left.join(', ')}; report.json, log.csv and samples.png in ${folder}`);
}

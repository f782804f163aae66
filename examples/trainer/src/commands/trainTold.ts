import path from 'node:path';
import { createJsonLinesLog, type JsonLinesLog } from 'diffusion-ssl/training/node';
import { createProgressBar, type ProgressBar } from '../console/progressBar.js';

/** What a command trains. */
export interface ToldRun {
  folder: string;
  state: { step: number };
  /** Whether the state has changed since the latest checkpoint. */
  unsaved: boolean;
  signal?: AbortSignal;
}

/** How a command trains: see {@link trainTold}. */
export interface ToldTraining {
  /** The command's name. */
  command: string;
  totalSteps: number;
  isResumed: boolean;
  train(log: JsonLinesLog, bar: ProgressBar): Promise<void>;
  /** Writes a checkpoint. */
  save(): Promise<void>;
}

/** Trains to the end or to where it is stopped, with a log and a progress bar; a stop leaves a checkpoint. */
export async function trainTold(run: ToldRun, training: ToldTraining): Promise<void> {
  const { folder, state, signal } = run;
  const { command, totalSteps, isResumed, train, save } = training;
  console.log(isResumed ? `resuming ${folder} at step ${state.step}` : `writing ${folder}`);
  const log = await createJsonLinesLog(path.join(folder, 'log.jsonl'), {
    resumeStep: isResumed ? state.step : undefined,
  });
  const bar = createProgressBar({ totalSteps, startStep: state.step });
  try {
    await train(log, bar);
  } catch (error) {
    if (signal?.aborted) {
      if (run.unsaved) await save();
      console.log(
        state.step > 0
          ? `stopped at step ${state.step}; go on with: npx diffusion-ssl ${command} --out ${folder} --resume`
          : 'stopped before the first step',
      );
    }
    throw error;
  } finally {
    bar.close();
  }
}

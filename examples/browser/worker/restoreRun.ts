import { loadWeights, openSafetensors, type StoredTensors, selectWeights } from 'diffusion-ssl/interop';
import { readCheckpointState, restoreCheckpoint } from 'diffusion-ssl/training';
import type { RunSettings } from '../shared/types.js';
import { checkLimits } from './checkLimits.js';
import { Run } from './Run.js';
import { type SavedState, settingsOfState } from './settingsOfState.js';

/** Longer ones quote what is in the file. */
const MAX_PROBLEM = 500;

/** A run made from a file. */
export interface RestoredRun {
  run: Run;
  /** What could not be taken over. */
  remark?: string;
}

/**
 * Makes a run from a checkpoint of this page or of the trainer in Node, whose network it takes over, or from weights
 * alone, which must fit the network of `settings`.
 *
 * @throws If the file is damaged, of another network or too large; nothing else has changed then.
 */
export async function restoreRun(
  file: Blob,
  settings: RunSettings,
  name = 'The checkpoint',
): Promise<RestoredRun> {
  const { opened, saved } = await parse(file, name);
  const weights = selectWeights(opened.tensors);
  // Perhaps under a prefix, which goes when the weights are loaded.
  const [, first] = [...weights].find(([key]) => key.endsWith('encoder_1.block.0.weight')) ?? [];
  if (!first) {
    throw new Error(
      `${name} holds another network than this page trains: it has no tensor 'encoder_1.block.0.weight'. ` +
        'Open a file saved here or by the trainer in Node.',
    );
  }
  const state = settingsOfState(saved, settings, { name, inputs: first.shape[1] });
  try {
    checkLimits(state, weights);
    const run = new Run(state.settings);
    try {
      const remark =
        [await fill(run, opened, state), ...state.remarks].filter(Boolean).join(' ') || undefined;
      run.step = state.step;
      run.losses = state.losses;
      return { run, remark };
    } catch (error) {
      run.dispose();
      throw error;
    }
  } catch (error) {
    throw new Error(`${name} does not open: ${firstProblem(error)}. The run at hand is as it was.`);
  }
}

async function fill(run: Run, opened: StoredTensors, { known }: SavedState): Promise<string | undefined> {
  const { parameters, optimizer, ema } = run;
  if (known) {
    try {
      await restoreCheckpoint(opened, { parameters, optimizer, ema });
      return undefined;
    } catch {
      // Of another optimizer, or without an average: the weights are worth having.
    }
  }
  await loadWeights(parameters, selectWeights(opened.tensors));
  run.restartAverage();
  return 'Only weights were taken over: the optimizer and the average start anew.';
}

async function parse(file: Blob, name: string): Promise<{ opened: StoredTensors; saved: unknown }> {
  try {
    const opened = await openSafetensors(file);
    return {
      opened,
      saved: 'diffusion-ssl' in opened.metadata ? readCheckpointState(opened) : undefined,
    };
  } catch (error) {
    throw new Error(
      `${name} is no whole safetensors file (${firstProblem(error)}). ` +
        'Open a .safetensors file saved here or by the trainer in Node.',
    );
  }
}

/** The first sentence of a message, and the first line of the list that may follow it. */
function firstProblem(error: unknown): string {
  const [line, item] = (error as Error).message.split('\n');
  const sentence = line.split(/\.(?= |$)/)[0];
  const problem = item === undefined ? sentence : `${sentence}: ${item}`;
  return problem.length > MAX_PROBLEM ? `${problem.slice(0, MAX_PROBLEM)}…` : problem;
}

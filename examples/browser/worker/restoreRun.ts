import { loadTorchStateDict, readSafetensors, readWeights } from 'diffusion-ssl/interop';
import { estimateMemory } from 'diffusion-ssl/models';
import { readCheckpointState, restoreCheckpoint } from 'diffusion-ssl/training';
import type { RunSettings } from '../shared/types.js';
import { Run } from './Run.js';
import { settingsOfState } from './settingsOfState.js';

const MAX_BYTES = 3 * 2 ** 30;

/** A run made from a file. */
export interface RestoredRun {
  run: Run;
  /** What could not be taken over. */
  remark?: string;
}

/**
 * Makes a run from a checkpoint of this page or of the trainer in Node, whose network it takes over, or from weights alone, which must fit the
 * network of `settings`.
 *
 * @throws If the file is damaged, of another network or too large; nothing else has changed then.
 */
export function restoreRun(bytes: Uint8Array, settings: RunSettings, name = 'The checkpoint'): RestoredRun {
  const { tensors, saved } = parse(bytes, name);
  // Perhaps under a prefix, which goes when the weights are loaded.
  const [, first] = [...tensors].find(([key]) => key.endsWith('encoder_1.block.0.weight')) ?? [];
  if (!first) {
    throw new Error(
      `${name} holds another network than this page trains: it has no tensor 'encoder_1.block.0.weight'. Open a file saved here or by the trainer in Node.`,
    );
  }
  const inChannels = first.shape[1];
  const state = settingsOfState(saved, { ...settings, network: { ...settings.network, inChannels } });
  checkSize(state.settings, name);
  const run = new Run(state.settings);
  try {
    const remark = [fill(run, bytes, state.known), state.remark].filter(Boolean).join(' ') || undefined;
    run.step = state.step;
    run.losses = state.losses;
    return { run, remark };
  } catch (error) {
    run.dispose();
    throw new Error(
      `${name} holds another network than the one chosen here (${firstProblem(error)}). Choose its size under “Network” and open it again; the run at hand is as it was.`,
    );
  }
}

function fill(run: Run, bytes: Uint8Array, isCheckpoint: boolean): string | undefined {
  const { parameters, optimizer, ema } = run;
  if (isCheckpoint) {
    try {
      restoreCheckpoint(bytes, { parameters, optimizer, ema });
      return undefined;
    } catch {
      // Of another optimizer, or without an average: the weights are worth having.
    }
  }
  loadTorchStateDict(parameters, readWeights(bytes));
  run.restartAverage();
  return 'Only weights were taken over: the optimizer and the average start anew.';
}

function parse(bytes: Uint8Array, name: string) {
  try {
    const { tensors, metadata } = readSafetensors(bytes);
    return { tensors, saved: 'diffusion-ssl' in metadata ? readCheckpointState(bytes) : undefined };
  } catch (error) {
    throw new Error(
      `${name} is no whole safetensors file (${firstProblem(error)}). Open a .safetensors file saved here or by the trainer in Node.`,
    );
  }
}

function checkSize({ network, batchSize }: RunSettings, name: string): void {
  const { total } = estimateMemory(network, { batch: batchSize, size: [64, 64], ema: true });
  if (total > MAX_BYTES) {
    throw new Error(
      `${name} holds a network that needs about ${(total / 2 ** 30).toFixed(1)} GiB to train; a page has ${MAX_BYTES / 2 ** 30}. Train it in Node.`,
    );
  }
}

/** The first sentence of a message, and the first line of the list that may follow it. */
function firstProblem(error: unknown): string {
  const [line, item] = (error as Error).message.split('\n');
  const sentence = line.split(/\.(?= |$)/)[0];
  return item === undefined ? sentence : `${sentence}: ${item}`;
}

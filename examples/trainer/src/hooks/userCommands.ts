import path from 'node:path';
import type { RunOptions } from '../config/pretrainOptions.js';
import type { Run } from '../run/Run.js';
import type { RunListener } from '../run/RunListener.js';
import { runHook } from './runHook.js';

/** Runs the commands that the user has given for checkpoints and ends of epochs. */
export function userCommands({
  onCheckpoint,
  onEpoch,
}: Pick<RunOptions, 'onCheckpoint' | 'onEpoch'>): RunListener {
  return {
    async checkpointSaved(run, file) {
      const variables = { ...standing(run), DIFFUSION_SSL_CHECKPOINT: file };
      await runGiven(run, ['--on-checkpoint', onCheckpoint], variables);
    },
    async epochSaved(run, { trainLoss, validationLoss }) {
      await runGiven(run, ['--on-epoch', onEpoch], {
        ...standing(run),
        DIFFUSION_SSL_TRAIN_LOSS: String(trainLoss),
        DIFFUSION_SSL_VALIDATION_LOSS: String(validationLoss),
      });
    },
  };
}

async function runGiven(
  { events }: Run,
  [flag, command]: [string, string | undefined],
  variables: Record<string, string>,
): Promise<void> {
  const failure = command === undefined ? undefined : await runHook(flag, command, variables);
  if (failure !== undefined) events.warning(failure);
}

/** Where a run stands, as variables of the environment. */
function standing({ folder, state }: Run): Record<string, string> {
  return {
    DIFFUSION_SSL_RUN: path.resolve(folder),
    DIFFUSION_SSL_EPOCH: String(state.history.length),
    DIFFUSION_SSL_STEP: String(state.step),
  };
}

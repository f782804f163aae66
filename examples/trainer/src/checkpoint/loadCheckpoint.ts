import { loadWeights, openTensors, selectWeights } from 'diffusion-ssl/interop';
import { namedParameters } from 'diffusion-ssl/models';
import { readCheckpointState } from 'diffusion-ssl/training';
import { folderFiles } from 'diffusion-ssl/training/node';
import type { OpenModel } from '../model/openModel.js';
import { checkRunState } from './checkRunState.js';
import type { RunState } from './RunState.js';

/**
 * Loads the weights of a checkpoint of a run into its network, their moving average where it has one.
 *
 * @returns Where the run stood.
 * @throws If the checkpoint cannot be read, or is of another network.
 */
export async function loadCheckpoint(
  { model }: Pick<OpenModel, 'model'>,
  run: string,
  name: string,
): Promise<RunState> {
  const tensors = await openTensors(folderFiles(run), name);
  try {
    const state = checkRunState(readCheckpointState(tensors));
    await loadWeights(namedParameters(model), selectWeights(tensors.tensors));
    return state;
  } finally {
    await tensors.close();
  }
}

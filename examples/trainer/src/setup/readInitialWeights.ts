import path from 'node:path';
import { CheckpointError } from 'diffusion-ssl/errors';
import { loadWeights, openTensors, type StoredTensors, selectWeights } from 'diffusion-ssl/interop';
import type { NamedParameter } from 'diffusion-ssl/models';
import { folderFiles } from 'diffusion-ssl/training/node';

/** Weights to start a run from. */
export interface InitialWeights {
  /** Loads them, once. @throws If they do not fit the network. */
  load(parameters: readonly NamedParameter[]): Promise<void>;
}

/**
 * Opens weights: of torch, of `weights.safetensors` or of a checkpoint, whose moving average is taken; of several files
 * by their index.
 *
 * @throws If the file cannot be read or is of another format.
 */
export async function readInitialWeights(file: string): Promise<InitialWeights> {
  let weights: StoredTensors;
  try {
    weights = await openTensors(folderFiles(path.dirname(file)), path.basename(file));
  } catch (error) {
    throw new CheckpointError(`--params-init ${(error as Error).message}`, { cause: error });
  }
  return {
    async load(parameters) {
      try {
        await loadWeights(parameters, selectWeights(weights.tensors));
      } catch (error) {
        throw new CheckpointError(`--params-init ${file}: ${(error as Error).message}`, { cause: error });
      } finally {
        await weights.close();
      }
    },
  };
}

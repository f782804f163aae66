import { readFile } from 'node:fs/promises';
import { CheckpointError } from 'diffusion-ssl/errors';
import { loadTorchStateDict, readWeights } from 'diffusion-ssl/interop';
import type { NamedParameter } from 'diffusion-ssl/models';

/** Weights to start a run from. */
export interface InitialWeights {
  /** @throws If they do not fit the network. */
  load(parameters: readonly NamedParameter[]): void;
}

/**
 * Reads weights: of torch, of `weights.safetensors` or of a checkpoint, whose moving average is taken.
 *
 * @throws If the file cannot be read or is of another format.
 */
export async function readInitialWeights(file: string): Promise<InitialWeights> {
  const named = (error: unknown) =>
    new CheckpointError(`--params-init ${file}: ${(error as Error).message}`, { cause: error });
  try {
    const weights = readWeights(await readFile(file));
    return {
      load(parameters) {
        try {
          loadTorchStateDict(parameters, weights);
        } catch (error) {
          throw named(error);
        }
      },
    };
  } catch (error) {
    throw named(error);
  }
}

import { CheckpointError } from 'diffusion-ssl/errors';
import { restoreCheckpoint } from 'diffusion-ssl/training';

/**
 * Puts what a checkpoint holds into what is trained.
 *
 * @throws `CheckpointError`, which names the file, if it does not fit.
 */
export async function restoreTrained(
  { file, tensors }: { file: string; tensors: Parameters<typeof restoreCheckpoint>[0] },
  trained: Parameters<typeof restoreCheckpoint>[1],
): Promise<void> {
  try {
    await restoreCheckpoint(tensors, trained);
  } catch (error) {
    throw new CheckpointError(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

import { saveTensors, storedStateDict } from 'diffusion-ssl/interop';
import { folderFiles } from 'diffusion-ssl/training/node';
import type { Run } from '../run/Run.js';

/** Writes the weights at hand, for PyTorch. */
export async function saveWeights({ folder, parameters }: Run): Promise<void> {
  await saveTensors(folderFiles(folder), 'weights.safetensors', storedStateDict(parameters));
}

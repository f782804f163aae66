import { existsSync } from 'node:fs';
import path from 'node:path';

/** Names of the checkpoints in a run's folder; a large one is in several files, of which NAME.index.json tells. */
export const LATEST = 'latest.safetensors';
export const BEST = 'best.safetensors';

/** Whether a folder holds a checkpoint. */
export function holdsCheckpoint(folder: string, name: string): boolean {
  return [name, `${name}.index.json`].some((file) => existsSync(path.join(folder, file)));
}

/** The file that stands for a checkpoint: itself, or the index of a large one. */
export function checkpointFile(folder: string, name: string): string {
  const index = path.resolve(folder, `${name}.index.json`);
  return existsSync(index) ? index : path.resolve(folder, name);
}

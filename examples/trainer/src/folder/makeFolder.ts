import { existsSync } from 'node:fs';
import path from 'node:path';
import { prepareFolder } from 'diffusion-ssl/training/node';
import { removeEmpty } from './removeEmpty.js';

/**
 * Makes a folder, with those above it.
 *
 * @returns What removes those that it made and that hold nothing.
 */
export async function makeFolder(folder: string): Promise<() => Promise<void>> {
  const made: string[] = [];
  for (let at = path.resolve(folder); !existsSync(at); at = path.dirname(at)) made.push(at);
  await prepareFolder(folder);
  return async () => {
    for (const one of made) await removeEmpty(one);
  };
}

import { existsSync } from 'node:fs';
import path from 'node:path';
import { DataError } from 'diffusion-ssl/errors';
import { readPatchList } from './readTable.js';

/** Names of the files of each split. */
const FILES = { train: ['train'], validate: ['val', 'validation', 'validate'], test: ['test'] };

/**
 * Reads which patch of Sentinel-2 is in which split from `train.csv`, `val.csv` and `test.csv` of a folder.
 *
 * @param prefix Of the files' names, such as `ben-ge-0.2_`.
 * @throws {DataError} If a file is missing, or a patch is in two.
 */
export async function readSplits(folder: string, prefix = ''): Promise<Map<string, string>> {
  const splits = new Map<string, string>();
  for (const [usage, names] of Object.entries(FILES)) {
    const file = names
      .map((name) => path.join(folder, `${prefix}${name}.csv`))
      .find((one) => existsSync(one));
    if (file === undefined) throw new DataError(`${folder} has no ${prefix}${names[0]}.csv.`);
    for (const patch of await readPatchList(file)) {
      const other = splits.get(patch) ?? usage;
      if (other !== usage) throw new DataError(`${file}: ${patch} is in the split ${other} too.`);
      splits.set(patch, usage);
    }
  }
  return splits;
}

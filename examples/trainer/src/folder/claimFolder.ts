import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { BEST, holdsCheckpoint, LATEST } from '../checkpoint/checkpointNames.js';
import type { PretrainOptions } from '../config/pretrainOptions.js';
import { lockFolder } from './lockFolder.js';
import { makeFolder } from './makeFolder.js';
import { removeEmpty } from './removeEmpty.js';

/** A run's folder, in which no other process writes until it is let go. */
export interface ClaimedFolder {
  folder: string;
  /** Lets it go; a folder that was made for the run and holds nothing is removed. */
  release(): Promise<void>;
}

/**
 * The folder of a run, for this process alone: the one that `--out` names, or a new one under `runs/`, and that of its
 * logs.
 *
 * @throws If it is a file, another process has it, or it holds a run already and this one does not resume it.
 */
export async function claimFolder({ run, config }: PretrainOptions): Promise<ClaimedFolder> {
  const undo: (() => Promise<void>)[] = [];
  const release = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  const claim = async (folder: string, flag: string) => {
    undo.push(await makeFolder(folder));
    const lock = await lockFolder(folder, flag, run.takeOver);
    undo.push(() => lock.release());
  };
  try {
    const folder = run.out ?? (await newFolder(config.data, undo));
    if (existsSync(folder) && !statSync(folder).isDirectory()) {
      throw new Error(`--out ${folder} is a file: choose another folder.`);
    }
    const holdsRun = () => [LATEST, BEST].some((name) => holdsCheckpoint(folder, name));
    if (run.resume && !holdsRun()) {
      throw new Error(`${path.join(folder, LATEST)} does not exist: there is no run to resume in ${folder}.`);
    }
    await claim(folder, '--out');
    const { logDir = folder } = run;
    if (path.resolve(logDir) !== path.resolve(folder)) await claim(logDir, '--log-dir');
    if (!run.resume && holdsRun()) {
      throw new Error(`${folder} holds a run already: go on with it by --resume, or choose another --out.`);
    }
    return { folder, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** A folder under `runs/` that did not exist before, named after the data. */
async function newFolder(data: string | undefined, undo: (() => Promise<void>)[]): Promise<string> {
  const name = data === undefined ? 'blue-marble' : path.basename(path.resolve(data));
  undo.push(await makeFolder('runs'));
  for (let n = 1; ; n++) {
    const folder = path.join('runs', n === 1 ? name : `${name}-${n}`);
    try {
      await mkdir(folder);
      undo.push(() => removeEmpty(folder));
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from 'diffusion-ssl/errors';

/** The folder of a patch of Sentinel-1 or Sentinel-2. */
const PATCH = /^S[12][A-D]_/;
/** How deep folders of patches lie below the one that is named, at most. */
const DEPTH = 3;

/** The files of patches in a folder: `PATCH/PATCH_B02.tif` or `PATCH_dem.tif`, in whichever of its folders. */
export class PatchFiles {
  /** Where files of an ending were found, and whether each patch has a folder. */
  readonly #places = new Map<string, string>();

  private constructor(
    readonly folder: string,
    private readonly roots: readonly string[],
    /** Names of the folders of patches. */
    readonly patches: readonly string[],
  ) {}

  /** @throws {DataError} If the folder cannot be read. */
  static async open(folder: string): Promise<PatchFiles> {
    const roots: string[] = [];
    const patches: string[] = [];
    const visit = async (at: string, depth: number) => {
      roots.push(at);
      const entries = await readdir(at, { withFileTypes: true }).catch((cause: Error) => {
        throw new DataError(`${at}: cannot be read (${cause.message}).`, { cause });
      });
      for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        if (!entry.isDirectory()) continue;
        if (PATCH.test(entry.name)) patches.push(entry.name);
        else if (depth < DEPTH) await visit(path.join(at, entry.name), depth + 1);
      }
    };
    await visit(folder, 0);
    return new PatchFiles(folder, roots, patches);
  }

  /** The file `PATCH` + `ending`, such as `_B02.tif`, or undefined. */
  find(patch: string, ending: string): string | undefined {
    const name = `${patch}${ending}`;
    const known = this.#places.get(ending);
    const roots = known === undefined ? this.roots : [known, ...this.roots];
    for (const root of roots) {
      for (const file of [path.join(root, patch, name), path.join(root, name)]) {
        if (!existsSync(file)) continue;
        this.#places.set(ending, root);
        return file;
      }
    }
    return undefined;
  }

  /** @throws {DataError} If there is no such file. */
  get(patch: string, ending: string): string {
    const file = this.find(patch, ending);
    if (file !== undefined) return file;
    throw new DataError(`${this.folder}: there is no ${patch}${ending}, in none of its folders.`);
  }

  /** A table of all patches, by the end of its name, or undefined. */
  async table(ending: RegExp): Promise<string | undefined> {
    for (const root of this.roots) {
      const name = (await readdir(root)).sort().find((one) => ending.test(one));
      if (name !== undefined) return path.join(root, name);
    }
    return undefined;
  }

  /** All tables whose names end so. */
  async tables(ending: RegExp): Promise<string[]> {
    const found: string[] = [];
    for (const root of this.roots) {
      for (const name of (await readdir(root)).sort())
        if (ending.test(name)) found.push(path.join(root, name));
    }
    return found;
  }
}

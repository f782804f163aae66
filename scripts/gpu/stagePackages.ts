import { cpSync, existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib/root.js';
import { isPacked, type Lockfile, packedModules } from './packedModules.js';

/** Copies packages into a folder, where they lie as in the tree: those imported, and what is always needed. */
export function stagePackages(folder: string, imported: readonly string[]): void {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as Lockfile;
  for (const module of packedModules(lock, imported)) {
    const source = path.join(root, module);
    if (!existsSync(source)) continue;
    cpSync(source, path.join(folder, module), {
      recursive: true,
      filter: (file) => {
        const name = path.relative(root, file).split(path.sep).join('/');
        // A package's own packages are in the list by themselves, as far as they are needed.
        return statSync(file).isDirectory() ? name !== `${module}/node_modules` : isPacked(name);
      },
    });
  }
}

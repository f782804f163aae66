import { cpSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib/root.js';
import { isPacked, type Lockfile, packedModules } from './packedModules.js';

/** What is built, and ignored by git. */
const BUILT = ['dist', 'src/kernels/wasm/generated', 'src/data/generated'];

/** Copies packages and built files into a folder, where they lie as in the tree. */
export function stageModules(folder: string): void {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as Lockfile;
  const copy = (name: string, keep: (file: string) => boolean) =>
    cpSync(path.join(root, name), path.join(folder, name), {
      recursive: true,
      filter: (source) => keep(path.relative(root, source).split(path.sep).join('/')),
    });
  for (const module of packedModules(lock)) {
    if (!existsSync(path.join(root, module))) continue;
    // A package's own packages are in the list by themselves, as far as they are needed.
    copy(module, (file) => !file.startsWith(`${module}/node_modules`) && isPacked(file));
  }
  for (const name of BUILT) copy(name, (file) => !file.endsWith('.map') && !file.endsWith('.d.ts'));
}

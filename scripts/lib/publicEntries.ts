import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './root.js';

interface Manifest {
  name: string;
  version: string;
  exports: Record<string, string | { types: string; default: string }>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional?: boolean }>;
  devDependencies: Record<string, string>;
}

/** The package's own package.json. */
export const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Manifest;

/** What a user can import: `diffusion-ssl`, `diffusion-ssl/losses`, … with the built file behind each. */
export const publicEntries = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === 'string'
    ? []
    : [{ specifier: path.posix.join(manifest.name, subpath), file: path.join(root, target.default) }],
);

/** Names of the functions, classes and constants that a built entry exports. */
export async function exportedNames(file: string): Promise<string[]> {
  return Object.keys((await import(pathToFileURL(file).href)) as object).sort();
}

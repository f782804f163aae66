import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import { encodeGeoTiff } from '../../../src/data/index.js';

/** A new folder of `count` 6×6 uint8 chips with two bands: chip i holds the values i, i + 1, … */
export function makeChipFolder(count: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'chips-'));
  for (let i = 0; i < count; i++) writeChip(folder, i);
  return folder;
}

/** Writes chip i. */
export function writeChip(folder: string, i: number, width = 6, bands = 2): void {
  const data = Uint8Array.from({ length: width * 6 * bands }, (_, k) => i + k);
  writeFileSync(path.join(folder, `${i}.tif`), encodeGeoTiff({ width, height: 6, bands, data }));
}

export const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true });

/**
 * Builds files of `src/data/node` for a run outside the tests: a worker is started from a file.
 * They lie inside the package, so that its dependencies are found.
 */
export async function buildNodeFiles(
  ...names: string[]
): Promise<{ folder: string; urlOf(name: string): URL }> {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const cache = path.join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'chip-worker-'));
  await build({
    config: false,
    silent: true,
    clean: false,
    entry: names.map((name) => path.join(root, 'src/data/node', `${name}.ts`)),
    outDir: folder,
    outExtension: () => ({ js: '.mjs' }),
    format: 'esm',
    platform: 'node',
  });
  return { folder, urlOf: (name) => new URL(`file://${folder}/${name}.mjs`) };
}

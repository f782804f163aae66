/**
 * Fills the folder .gpu with what `run.sh` needs on a machine with a graphics processor that has neither network nor
 * Node: Node, the Vulkan loader and the libraries that NVIDIA's driver wants beside it, Dawn, the packages of the
 * tests, the built package and the generated kernels. It travels with the tree, in one part or, where that is over 60
 * MiB, in two.
 *
 * Usage: tsx scripts/gpu/pack.ts [--fresh]
 *
 * `--fresh` fetches Node and the libraries again. Needs Linux on x64, xz, npm's registry and, for the libraries,
 * apt-get.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../lib/root.js';
import { runCommand } from '../lib/runCommand.js';
import { compress } from './compress.js';
import { importedPackages } from './importedPackages.js';
import type { Manifest } from './Manifest.js';
import { planParts, TRAVEL_BYTES } from './planParts.js';
import { sourceHash } from './sourceHash.js';
import { stagePackages } from './stagePackages.js';
import { stageRuntime } from './stageRuntime.js';

/** Major version of the packed Node: one that runs TypeScript by itself. */
const NODE = '24';

/** What is built, and ignored by git. */
const BUILT = ['dist', 'src/kernels/wasm/generated', 'src/data/generated'];

const { values: options } = parseArgs({ options: { fresh: { type: 'boolean', default: false } } });
const pack = path.join(root, '.gpu');
const temporary = mkdtempSync(path.join(tmpdir(), 'gpu-pack-'));
try {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('gpu:pack runs on Linux on x64 alone');
  fill(await importedPackages());
} finally {
  rmSync(temporary, { recursive: true });
}

function fill(imported: readonly string[]): void {
  const [runtime, modules] = ['runtime.tar.xz', 'modules.tar.xz'].map((name) => path.join(temporary, name));
  const manifest: Manifest = {
    created: new Date().toISOString(),
    commit: commit(),
    sources: sourceHash(),
    runtime: reuse(runtime) ?? make(runtime, (folder) => stageRuntime(folder, NODE, temporary)),
  };
  make(modules, (folder) => {
    stagePackages(folder, imported);
    for (const name of BUILT) {
      const filter = (file: string) => !/\.(map|d\.ts)$/.test(file);
      cpSync(path.join(root, name), path.join(folder, name), { recursive: true, filter });
    }
  });

  const archives = [runtime, modules].map((file) => ({
    name: path.basename(file),
    bytes: statSync(file).size,
  }));
  const treeBytes = measureTree();
  const parts = planParts(treeBytes, archives);
  const places = archives.map(({ name }) => `part-${parts.get(name)}/${name}`);
  rmSync(pack, { recursive: true, force: true });
  for (const place of places) {
    mkdirSync(path.join(pack, path.dirname(place)), { recursive: true });
    cpSync(path.join(temporary, path.basename(place)), path.join(pack, place));
  }
  writeFileSync(path.join(pack, 'part-1/archives'), places.map((place) => `${place}\n`).join(''));
  writeFileSync(path.join(pack, 'part-1/manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);

  const line = (bytes: number, what: string) =>
    console.log(`${(bytes / 2 ** 20).toFixed(1).padStart(6)} MiB  ${what}`);
  for (const [i, { bytes }] of archives.entries()) line(bytes, `.gpu/${places[i]}`);
  line(treeBytes, 'the tree: tracked files, and others that git does not ignore');
  const total = archives.reduce((sum, { bytes }) => sum + bytes, treeBytes);
  const inTwo = new Set(parts.values()).size > 1;
  line(total, `together, of ${TRAVEL_BYTES / 2 ** 20} at once${inTwo ? ': two parts' : ''}`);
}

/** Makes an archive of what `stage` puts into a folder. */
function make<T>(archive: string, stage: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(temporary, 'stage-'));
  const result = stage(folder);
  compress(folder, archive);
  return result;
}

/** Takes the last pack's archive of Node and the libraries, where there is one of this version. */
function reuse(archive: string): Manifest['runtime'] | undefined {
  const [old, file] = ['manifest.json', 'runtime.tar.xz'].map((name) => path.join(pack, 'part-1', name));
  if (options.fresh || !existsSync(old) || !existsSync(file)) return undefined;
  const { runtime } = JSON.parse(readFileSync(old, 'utf8')) as Manifest;
  if (!runtime.node.startsWith(`v${NODE}.`)) return undefined;
  cpSync(file, archive);
  return runtime;
}

function commit(): string {
  const changed = runCommand('git', ['status', '--porcelain'], root) !== '';
  return runCommand('git', ['rev-parse', 'HEAD'], root).trim() + (changed ? '+' : '');
}

function measureTree(): number {
  const files = runCommand(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    root,
  ).split('\0');
  const sizes = files.map((file) =>
    file === '' ? 0 : (statSync(path.join(root, file), { throwIfNoEntry: false })?.size ?? 0),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LoaderRates, measureLoaders } from './measureLoaders.js';
import { PeerLoader } from './PeerLoader.js';
import { runJson } from './runJson.js';

/** Windows of a scene: how it is stored, where they lie, and whether they come by http. */
export interface WindowKind {
  name: string;
  layout: 'deflate' | 'lzw' | 'strips';
  at: 'random' | 'grid';
  remote: boolean;
}

const TITLES = { deflate: 'deflated tiles', lzw: 'LZW tiles', strips: 'uncompressed strips' } as const;

/** All kinds but strips by http, each of which is as wide as the scene. */
export const windowKinds: readonly WindowKind[] = (['deflate', 'lzw', 'strips'] as const).flatMap((layout) =>
  [false, true]
    .filter((remote) => layout !== 'strips' || !remote)
    .flatMap((remote) =>
      (['random', 'grid'] as const).map((at) => {
        const name = `${at} windows of ${TITLES[layout]}${remote ? ' by http' : ''}`;
        return { name, layout, at, remote };
      }),
    ),
);

const SIDE = 224;
/** Random windows in an epoch. */
const COUNT = 256;
const BATCH = 8;
/** Bytes for decoded blocks, all workers together: of both loaders. */
const CACHE = 2 ** 28;
/** Windows that are compared. */
const COMPARED = 32;

const here = fileURLToPath(new URL('.', import.meta.url));

/**
 * Times windows of a scene of 10,980 × 10,980 pixels, which the peer writes once into the temporary folder: from disk,
 * or by http from a process of its own.
 */
export async function measureWindows(
  python: string,
  { layout, at, remote }: WindowKind,
  { seconds, workerCounts }: { seconds: number; workerCounts: readonly number[] },
): Promise<LoaderRates[]> {
  const scene = await writtenScene(python, layout);
  const server = remote ? await serve(path.dirname(scene)) : undefined;
  try {
    const image = server ? `${server.origin}/${path.basename(scene)}` : scene;
    const rates: LoaderRates[] = [];
    for (const workers of workerCounts) {
      const common = {
        rows: [{ images: [image] }],
        dataPath: '/',
        channels: 4,
        batchSize: BATCH,
        size: SIDE,
        cacheBytes: CACHE,
        workers,
      };
      const options = {
        ...common,
        windows: at === 'grid' ? { at } : { at, count: COUNT },
        augmentation: [{ name: 'flip' }] as const,
      };
      const peer = new PeerLoader(python, 'load_windows.py', {
        scene: server ? `/vsicurl/${image}` : image,
        side: SIDE,
        batch: BATCH,
        workers,
        cache: CACHE / workers,
      });
      const checked = { ...common, windows: { at, count: COMPARED } };
      rates.push(await measureLoaders(options, peer, { seconds, checked }));
    }
    return rates;
  } finally {
    server?.stop();
  }
}

async function writtenScene(python: string, layout: string): Promise<string> {
  const scene = path.join(tmpdir(), `diffusion-ssl-bench-${layout}.tif`);
  if (existsSync(scene)) return scene;
  console.log(`  writing ${scene}, which stays for the next run`);
  const script = path.join(here, 'peers/load_windows.py');
  await runJson(python, ['-B', script, '--scene', `${scene}.tmp`, '--write', layout]);
  renameSync(`${scene}.tmp`, scene);
  return scene;
}

async function serve(folder: string): Promise<{ origin: string; stop: () => void }> {
  const args = ['--import', 'tsx', path.join(here, 'serveFolder.ts'), folder];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.once('data', (text) => resolve(Number(text)));
    child.once('exit', (code) => reject(new Error(`the server ended with status ${code}`)));
  });
  return { origin: `http://127.0.0.1:${port}`, stop: () => child.stdin?.end() };
}

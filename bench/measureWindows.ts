import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createChipLoader } from 'diffusion-ssl/data/node';
import { loaderRate } from './loaderRate.js';
import { runJson } from './runJson.js';

/** A loader's rate, and the mean of the chips that are compared. */
export interface Measured {
  chipsPerSecond: number;
  mean: number;
}

/** The rates of both loaders with so many workers; without Python there is no peer. */
export interface LoaderRates {
  workers: number;
  theirs: Measured | null;
  ours: Measured;
}

const SIDE = 224;
const COUNT = 256;
const BATCH = 8;
/** Bytes for decoded blocks, all workers together: of both loaders. */
const CACHE = 2 ** 28;
/** Windows whose mean is compared. */
const COMPARED = 32;

const here = fileURLToPath(new URL('.', import.meta.url));
const script = path.join(here, 'peers/load_windows.py');

/**
 * Times windows of a scene of 10,980 × 10,980 pixels, which the peer writes once into the temporary folder: from disk,
 * or by http from a process of its own.
 */
export async function measureWindows(peer: string, remote: boolean, seconds: number): Promise<LoaderRates[]> {
  const scene = await writtenScene(peer);
  const server = remote ? await serve(path.dirname(scene)) : undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-windows-'));
  try {
    const image = server ? `${server.origin}/${path.basename(scene)}` : scene;
    const rates: LoaderRates[] = [];
    for (const workers of [1, 2]) {
      const { windows, ...ours } = await measureLoader(image, workers, seconds);
      const check = path.join(folder, 'windows.json');
      writeFileSync(check, JSON.stringify(windows));
      const given = { side: SIDE, count: COUNT, batch: BATCH, workers, seconds, check };
      const named = { ...given, cache: CACHE / workers, scene: server ? `/vsicurl/${image}` : image };
      const args = Object.entries(named).flatMap(([name, value]) => [`--${name}`, String(value)]);
      const theirs = await runJson<Measured>(peer, ['-B', '-W', 'ignore', script, ...args]);
      rates.push({ workers, theirs, ours });
    }
    return rates;
  } finally {
    server?.stop();
    rmSync(folder, { recursive: true });
  }
}

async function writtenScene(peer: string): Promise<string> {
  const scene = path.join(tmpdir(), 'diffusion-ssl-bench-scene.tif');
  if (existsSync(scene)) return scene;
  console.log(`  writing ${scene}, which stays for the next run`);
  await runJson(peer, ['-B', script, '--scene', `${scene}.tmp`, '--write']);
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

async function measureLoader(image: string, workers: number, seconds: number) {
  const rows = [{ images: [image] }];
  const common = {
    rows,
    dataPath: '/',
    channels: 4,
    batchSize: BATCH,
    size: SIDE,
    cacheBytes: CACHE,
    workers,
  };
  const plain = await createChipLoader({ ...common, windows: { count: COMPARED } });
  let [sum, count] = [0, 0];
  const windows: [top: number, left: number][] = [];
  for await (const batch of plain.epoch(0)) {
    for (const value of batch.images) sum += value;
    count += batch.images.length;
    for (const { top, left } of batch.windows ?? []) windows.push([top, left]);
  }
  await plain.close();
  const flips = [{ name: 'flip' }] as const;
  const loader = await createChipLoader({
    ...common,
    windows: { count: COUNT },
    shuffle: true,
    augmentation: flips,
  });
  const chipsPerSecond = await loaderRate(loader, seconds);
  await loader.close();
  return { chipsPerSecond, mean: sum / count, windows };
}

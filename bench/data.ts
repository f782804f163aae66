/** Times the chip loader against rasterio with a torch DataLoader on the same files. See README.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createChipLoader } from 'diffusion-ssl/data/node';
import { decimal } from '../examples/trainer/src/config/decimal.js';
import { findPeer } from './findPeer.js';
import { loaderRate } from './loaderRate.js';
import { type LoaderRates, type Measured, measureWindows } from './measureWindows.js';
import { runJson } from './runJson.js';
import { type ChipKind, chipKinds, writeChips } from './writeChips.js';

/** One line of the loader's benchmark, as `--json` writes it. */
export interface DataRow {
  chips: string;
  /** `diffusion-ssl`, or `rasterio + torch`. */
  loader: string;
  workers: number;
  /** Version of Node; null for Python. */
  node: string | null;
  chipsPerSecond: number;
  /** Chips a second, divided by the peer's with as many workers; null where it was not measured. */
  ratioToPeer: number | null;
}

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    chips: { type: 'string', default: '' },
    json: { type: 'string' },
  },
});
const seconds = decimal(options.seconds);
if (!(seconds > 0)) throw new Error('--seconds takes a number above 0');

const batchSize = 8;
/** The means of all normalised chips may differ by so much between the two. */
const agreement = 1e-5;

const here = fileURLToPath(new URL('.', import.meta.url));
const peer = findPeer('torch, rasterio, numpy');
if (!peer) console.log('No Python with PyTorch and rasterio: run bench/peers/setup.sh to compare with them.');

const rows: DataRow[] = [];
/** Windows of a scene, and whether they come by http. */
const sceneKinds = [
  { name: 'scene windows', remote: false },
  { name: 'scene windows by http', remote: true },
];
const chosen = chipKinds.filter(({ name }) => name.includes(options.chips));
const scenes = sceneKinds.filter(({ name }) => name.includes(options.chips));
if (chosen.length + scenes.length === 0) {
  const names = [...chipKinds, ...sceneKinds].map(({ name }) => name);
  throw new Error(`--chips takes a part of: ${names.join(', ')}`);
}
for (const kind of chosen) rows.push(...(await measureKind(kind)));
for (const { name, remote } of scenes) {
  console.log(`\n${name}, 224 × 224 × 4 of 10,980 × 10,980 × 4`);
  // The peer writes the scene.
  if (peer) rows.push(...report(name, await measureWindows(peer, remote, seconds)));
}
if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);

async function measureKind(kind: ChipKind): Promise<DataRow[]> {
  console.log(`\n${kind.name}, ${kind.side} × ${kind.side} × ${kind.bands}`);
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-data-'));
  try {
    const names = writeChips(kind, folder);
    const rates: LoaderRates[] = [];
    for (const workers of [1, 2]) {
      const theirs = peer ? await measurePeer(kind, folder, workers) : null;
      rates.push({ workers, theirs, ours: await measureLoader(kind, folder, names, workers) });
    }
    return report(kind.name, rates);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The rows of one kind of chips, which are printed; both must have read the same. */
function report(chips: string, rates: readonly LoaderRates[]): DataRow[] {
  const measured = rates.flatMap(({ workers, theirs, ours }): DataRow[] => {
    if (theirs && !(Math.abs(theirs.mean - ours.mean) <= agreement))
      throw new Error(`the mean of the chips is ${ours.mean} here, ${theirs.mean} with rasterio`);
    const row = { chips, workers };
    const { chipsPerSecond } = ours;
    const ratioToPeer = theirs && chipsPerSecond / theirs.chipsPerSecond;
    const own = { ...row, loader: 'diffusion-ssl', node: process.version, chipsPerSecond, ratioToPeer };
    if (!theirs) return [own];
    const rate = theirs.chipsPerSecond;
    return [{ ...row, loader: 'rasterio + torch', node: null, chipsPerSecond: rate, ratioToPeer: null }, own];
  });
  for (const { loader, workers, chipsPerSecond, ratioToPeer } of measured) {
    const ratio = ratioToPeer === null ? '' : `  ${ratioToPeer.toFixed(2)}×`;
    console.log(
      `  ${loader.padEnd(18)}${workers} workers${chipsPerSecond.toFixed(0).padStart(8)} chips/s${ratio}`,
    );
  }
  return measured;
}

function measurePeer(kind: ChipKind, folder: string, workers: number): Promise<Measured> {
  const given = { folder, count: kind.count, batch: batchSize, workers, seconds };
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return runJson(peer as string, ['-B', '-W', 'ignore', path.join(here, 'peers/load_chips.py'), ...args]);
}

/** Without the cache of normalised chips, which would leave only the augmentation to do. */
async function measureLoader(
  kind: ChipKind,
  folder: string,
  names: string[],
  workers: number,
): Promise<Measured> {
  const common = {
    rows: names.map((name) => ({ images: [name] })),
    dataPath: folder,
    channels: kind.bands,
    batchSize,
    cacheBytes: 0,
    workers,
  };
  const plain = await createChipLoader({ ...common, workers: 0 });
  let [sum, count] = [0, 0];
  for await (const { images } of plain.epoch(0)) {
    for (const value of images) sum += value;
    count += images.length;
  }
  await plain.close();
  const loader = await createChipLoader({ ...common, shuffle: true, augmentation: [{ name: 'flip' }] });
  const chipsPerSecond = await loaderRate(loader, seconds);
  await loader.close();
  return { chipsPerSecond, mean: sum / count };
}

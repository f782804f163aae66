/** Times the chip loader against rasterio with a torch DataLoader on the same files. See README.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { decimal } from '../examples/trainer/src/config/decimal.js';
import { findPeer } from './findPeer.js';
import { type LoaderRate, type LoaderRates, measureLoaders } from './measureLoaders.js';
import { measureWindows, windowKinds } from './measureWindows.js';
import { PeerLoader } from './PeerLoader.js';
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
  /** Milliseconds of processors a chip, of all threads and processes; null: unknown. */
  processorTime: number | null;
  /** The median of the ratios of an epoch and the peer's next one with as many workers; null: not measured. */
  ratioToPeer: number | null;
  /** Processes that wanted a processor in the minute before the measurement. */
  load: number;
}

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    chips: { type: 'string', default: '' },
    workers: { type: 'string', default: '1,2' },
    json: { type: 'string' },
  },
});
const seconds = decimal(options.seconds);
if (!(seconds > 0)) throw new Error('--seconds takes a number above 0');
const workerCounts = options.workers.split(',').map(decimal);
if (!workerCounts.every((count) => count >= 1)) throw new Error('--workers takes numbers from 1 on');

const batchSize = 8;
const peer = findPeer('torch, rasterio, numpy');
if (!peer) console.log('No Python with PyTorch and rasterio: run bench/peers/setup.sh to compare with them.');

const rows: DataRow[] = [];
const chosen = chipKinds.filter(({ name }) => name.includes(options.chips));
const scenes = windowKinds.filter(({ name }) => name.includes(options.chips));
if (chosen.length + scenes.length === 0) {
  const names = [...chipKinds, ...windowKinds].map(({ name }) => name);
  throw new Error(`--chips takes a part of: ${names.join(', ')}`);
}
for (const kind of chosen) rows.push(...(await measureKind(kind)));
for (const kind of scenes) {
  console.log(`\n${kind.name}, 224 × 224 × 4 of 10,980 × 10,980 × 4`);
  // The peer writes the scene.
  if (peer) rows.push(...report(kind.name, await measureWindows(peer, kind, { seconds, workerCounts })));
}
if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);

async function measureKind(kind: ChipKind): Promise<DataRow[]> {
  console.log(`\n${kind.name}, ${kind.side} × ${kind.side} × ${kind.bands}`);
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-data-'));
  try {
    const names = writeChips(kind, folder);
    const rates: LoaderRates[] = [];
    for (const workers of workerCounts) {
      // Without the cache of normalised chips, which would leave only the augmentation to do.
      const common = {
        rows: names.map((name) => ({ images: [name] })),
        dataPath: folder,
        channels: kind.bands,
        batchSize,
        cacheBytes: 0,
        workers,
      };
      const options = { ...common, shuffle: true, augmentation: [{ name: 'flip' }] as const };
      const given = { folder, count: kind.count, batch: batchSize, workers };
      const theirs = peer ? new PeerLoader(peer, 'load_chips.py', given) : undefined;
      rates.push(await measureLoaders(options, theirs, { seconds, checked: common }));
    }
    return report(kind.name, rates);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The rows of one kind of chips, which are printed. */
function report(chips: string, rates: readonly LoaderRates[]): DataRow[] {
  return rates.flatMap(({ workers, ours, theirs, ratio, load }): DataRow[] => {
    const row = { chips, workers, load };
    const own = { ...row, loader: 'diffusion-ssl', node: process.version, ...ours };
    const text = theirs === null ? '' : `, rasterio + torch ${shown(theirs)}: ${ratio?.toFixed(2)}×`;
    console.log(`  ${workers} workers: ${shown(ours)}${text} (load ${load.toFixed(1)})`);
    if (theirs === null) return [{ ...own, ratioToPeer: null }];
    const peers = { ...row, loader: 'rasterio + torch', node: null, ...theirs, ratioToPeer: null };
    return [peers, { ...own, ratioToPeer: ratio }];
  });
}

function shown({ chipsPerSecond, processorTime }: LoaderRate): string {
  const time = processorTime === null ? '' : ` (${processorTime.toFixed(1)} ms of processors a chip)`;
  return `${chipsPerSecond.toFixed(0)} chips/s${time}`;
}

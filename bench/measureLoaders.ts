import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { type ChipLoader, type ChipLoaderOptions, createChipLoader } from 'diffusion-ssl/data/node';
import { median } from './median.js';
import type { PeerLoader } from './PeerLoader.js';

/** How fast a loader was. */
export interface LoaderRate {
  chipsPerSecond: number;
  /** Milliseconds of processors a chip, of all its threads and processes; null: unknown. */
  processorTime: number | null;
}

/** The rates of both loaders, medians of the epochs. */
export interface LoaderRates {
  workers: number;
  ours: LoaderRate;
  /** null: there is no peer. */
  theirs: LoaderRate | null;
  /** The median of the ratios of an epoch here and the peer's next one. */
  ratio: number | null;
  /** Processes that wanted a processor in the minute before. */
  load: number;
}

/** Two values of a chip in [0, 1] are the same if they differ by no more. */
const AGREEMENT = 1e-6;
const EPOCHS = 3;

/**
 * Times a loader and a peer in turns, an epoch each, for so many seconds and at least three epochs; the first ones warm
 * up. Before, each value of `checked` chips must be what the peer reads.
 */
export async function measureLoaders(
  options: ChipLoaderOptions,
  peer: PeerLoader | undefined,
  { seconds, checked }: { seconds: number; checked: ChipLoaderOptions },
): Promise<LoaderRates> {
  const [load] = loadavg();
  const loader = await createChipLoader(options);
  try {
    const first = await epochOf(loader, 0);
    await peer?.epoch(first.places);
    if (peer) await checkAgreement(peer, checked);
    const [ours, theirs]: [LoaderRate[], LoaderRate[]] = [[], []];
    const begin = performance.now();
    while (ours.length < EPOCHS || performance.now() - begin < 1000 * seconds) {
      const { places, seen, ...rate } = await epochOf(loader, ours.length + 1);
      ours.push(rate);
      if (!peer) continue;
      const before = peer.processorTime();
      const { chipsPerSecond } = await peer.epoch(places);
      const after = peer.processorTime();
      theirs.push({
        chipsPerSecond,
        processorTime: before === null || after === null ? null : (after - before) / seen,
      });
    }
    const common = { workers: options.workers ?? 0, ours: medianOf(ours), load };
    if (!peer) return { ...common, theirs: null, ratio: null };
    const ratio = median(theirs.map(({ chipsPerSecond }, i) => ours[i].chipsPerSecond / chipsPerSecond));
    return { ...common, theirs: medianOf(theirs), ratio };
  } finally {
    await loader.close();
    await peer?.close();
  }
}

function medianOf(rates: readonly LoaderRate[]): LoaderRate {
  const times = rates.flatMap(({ processorTime }) => processorTime ?? []);
  return {
    chipsPerSecond: median(rates.map((rate) => rate.chipsPerSecond)),
    processorTime: times.length > 0 ? median(times) : null,
  };
}

/** Reads an epoch; `places`: of windows [top, left], in the order in which they came. */
async function epochOf(loader: ChipLoader, epoch: number) {
  const places: [number, number][] = [];
  const start = performance.now();
  const before = process.cpuUsage();
  let seen = 0;
  for await (const { indices, windows = [] } of loader.epoch(epoch)) {
    seen += indices.length;
    for (const { top, left } of windows) places.push([top, left]);
  }
  const chipsPerSecond = (1000 * seen) / (performance.now() - start);
  const { user, system } = process.cpuUsage(before);
  const processorTime = (user + system) / 1000 / seen;
  return { chipsPerSecond, processorTime, seen, places: places.length > 0 ? places : null };
}

/** Throws unless the peer reads the same, value by value. */
async function checkAgreement(peer: PeerLoader, options: ChipLoaderOptions): Promise<void> {
  const name = path.join(tmpdir(), `diffusion-ssl-bench-${process.pid}.bin`);
  const file = openSync(name, 'w');
  const loader = await createChipLoader(options);
  try {
    const chips: unknown[] = [];
    for await (const { images, indices, windows } of loader.epoch(0)) {
      writeSync(file, images);
      chips.push(...(windows?.map(({ top, left }) => [top, left]) ?? indices));
    }
    const difference = await peer.difference(name, chips);
    if (!(difference <= AGREEMENT))
      throw new Error(`values of chips differ by up to ${difference} from rasterio's`);
    console.log(`  the values of ${chips.length} chips are rasterio's, but for at most ${difference}`);
  } finally {
    await loader.close();
    closeSync(file);
    rmSync(name);
  }
}

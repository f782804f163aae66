import { availableParallelism } from 'node:os';
import { DataError } from '../../errors/DataError.js';
import { argumentError, checkInteger, checkOneOf } from '../../internal/checks.js';
import { GlobalStatistics } from '../../normalization/GlobalStatistics.js';
import { checkNodata, type NodataValues } from '../../normalization/nodataValues.js';
import type { ChipRow } from '../ChipList.js';
import { type BandSelection, checkSelection } from '../findBands.js';
import { checkRemoteOptions } from '../openRemoteGeoTiff.js';
import type { RemoteOptions } from '../RemoteSource.js';
import { shownPath } from '../shownPath.js';
import type { ChipRequest } from './ChipReader.js';
import { flatNodata } from './chipFacts.js';
import type { BadChip, ChipTaskResult } from './chipTasks.js';
import { closeOnAbort } from './closeOnAbort.js';
import { ImplausibleValues } from './ImplausibleValues.js';
import { makeRunners } from './makeRunners.js';

/** Options of {@link computeGlobalStatistics}. */
export interface ComputeGlobalStatisticsOptions {
  /** The chips, such as the train rows of a catalog: a list, a `ChipList`, or a stream of rows. */
  rows: Iterable<ChipRow> | AsyncIterable<ChipRow>;
  /** Folder that the rows' paths are relative to. */
  dataPath: string;
  /** Bands of a chip, all its rasters together. */
  channels: number;
  /** The bands that chips are made of, in their order; only these are read. Default: all, in the order of the files. */
  bands?: BandSelection;
  /** Side, or [height, width], that larger chips are cropped to as the loader does; default: as read. */
  size?: number | readonly [number, number];
  /**
   * Of each row's rasters, so many windows of `size`, evenly spread over a grid as the loader's `windows` have it: of
   * scenes that are too large to be read whole. Default: each is one chip.
   */
  windows?: number;
  /**
   * Values that mark missing pixels beside each file's own, or a list of them for each band of a chip; default none.
   */
  nodata?: NodataValues;
  /** Take one of so many pixels; default 1, all. */
  downfactor?: number;
  /** What an unreadable chip does: stop (default), or be left out and reported. */
  onBadChip?: 'error' | 'skip';
  /** Attempts and waiting times for remote chips. */
  remote?: RemoteOptions;
  /** Worker threads; default: one less than the processor's cores, at least 1 and at most 4. 0: the main thread. */
  workers?: number;
  /** Aborting it ends the reading with an `AbortError`. */
  signal?: AbortSignal;
  /**
   * Milliseconds after which a worker that is still at the same local chip is ended, and the chip a bad one; default
   * 60,000.
   */
  chipTimeout?: number;
  /** The worker's file; default: the one of this package. */
  workerUrl?: URL;
}

/** What {@link computeGlobalStatistics} gives. */
export interface ComputedStatistics {
  statistics: GlobalStatistics;
  /** Number of chips that were used. */
  chips: number;
  /** Chips that were left out (with `onBadChip: 'skip'`). */
  badChips: BadChip[];
  /**
   * What cannot be true of measured values, a sentence each, with file and value: fill values that nothing marks as
   * such, values that float32 cannot hold and that so count as missing, a band that is constant or missing everywhere,
   * a chip with values a thousand times those of the others, a nodata value that no pixel has.
   */
  warnings: string[];
}

/** Chips that make one part. Fixed, so that the parts do not depend on the number of workers. */
const BLOCK = 32;

/**
 * Gathers the statistics of a catalog's chips in one pass, in worker threads. Rows and chips are forgotten as they are
 * read, so memory does not depend on their number. The result is the same to the last bit whatever the number of
 * workers.
 *
 * @throws If an option is out of range, there is no chip, or, with `onBadChip: 'error'`, a chip is bad: the message
 * names its file; an `AbortError` when `signal` is aborted.
 * @example
 * import { mkdtempSync, writeFileSync } from 'node:fs';
 * import { encodeGeoTiff } from 'diffusion-ssl/data';
 * import { computeGlobalStatistics } from 'diffusion-ssl/data/node';
 * const dataPath = mkdtempSync('/tmp/chips-');
 * const chip = encodeGeoTiff({ width: 2, height: 2, bands: 1, data: new Int16Array([-20, -10, 0, 10]) });
 * writeFileSync(`${dataPath}/a.tif`, chip);
 * const rows = [{ images: ['a.tif'] }];
 * const { statistics } = await computeGlobalStatistics({ rows, dataPath, channels: 1, workers: 0 });
 * console.log(statistics.summary().mean, statistics.percentile(50)); // [-5], [-5]
 */
export async function computeGlobalStatistics(
  options: ComputeGlobalStatisticsOptions,
): Promise<ComputedStatistics> {
  const { rows, dataPath, channels, nodata = [], downfactor = 1, onBadChip = 'error', remote = {} } = options;
  const { bands } = options;
  const workers = options.workers ?? Math.max(1, Math.min(4, availableParallelism() - 1));
  checkInteger('computeGlobalStatistics: workers', workers, 0);
  checkInteger('computeGlobalStatistics: chipTimeout', options.chipTimeout ?? 1, 1);
  checkOneOf('computeGlobalStatistics: onBadChip', onBadChip, ['error', 'skip']);
  checkRemoteOptions('computeGlobalStatistics', remote);
  checkNodata('computeGlobalStatistics', nodata, channels);
  if (bands) checkSelection('computeGlobalStatistics', bands, channels);
  const size = typeof options.size === 'number' ? ([options.size, options.size] as const) : options.size;
  for (const side of size ?? []) checkInteger('computeGlobalStatistics: size', side, 1);
  const { windows: count } = options;
  if (count !== undefined) {
    checkInteger('computeGlobalStatistics: windows', count, 1);
    if (!size) throw argumentError('computeGlobalStatistics: size', size, 'given with windows: it is theirs');
  }
  const windows = count === undefined ? undefined : ({ at: 'grid', count } as const);
  const statistics = new GlobalStatistics({ channels, downfactor });
  const result: ComputedStatistics = { statistics, chips: 0, badChips: [], warnings: [] };
  const values = new ImplausibleValues(channels, flatNodata(nodata));
  let scaling: string | undefined;
  const chip = { channels, bands, size };
  const settings = { dataPath, chip, augmentation: [], windows, seed: 0, cacheBytes: 0, remote };
  const underWay: { chips: ChipRequest[]; done: Promise<ChipTaskResult> }[] = [];
  const imagesOf = (index: number) =>
    underWay.flatMap(({ chips }) => chips).find((chip) => chip.index === index)?.images;
  const runners = makeRunners(workers, settings, imagesOf, options);
  const stopListening = closeOnAbort('computeGlobalStatistics', options.signal, runners);
  const collect = async () => {
    const { chips, done } = underWay[0];
    const { statistics: part, bad, facts, scalings } = await done;
    underWay.shift();
    for (const [i, chip] of chips.entries()) {
      const chipFacts = facts[i];
      if (!chipFacts) continue;
      scaling ??= scalings[i];
      values.add(chipFacts, chip.images.map(shownPath).join(' + '));
    }
    if (bad.length > 0 && onBadChip === 'error') {
      bad.sort((a, b) => a.index - b.index);
      throw new DataError(`computeGlobalStatistics: ${bad[0].message}`);
    }
    result.badChips.push(...bad);
    result.chips += chips.length - bad.length;
    if (part) statistics.merge(GlobalStatistics.fromJSON(part));
  };
  let blocks = 0;
  try {
    for await (const chips of blocksOf(rows)) {
      // The first block alone: what its values stand for, the others' must.
      while (underWay.length > 0 && (scaling === undefined || underWay.length === 2 * runners.length)) {
        await collect();
      }
      const runner = runners[blocks++ % runners.length];
      const done = runner.run({ kind: 'statistics', chips, nodata, downfactor, scaling });
      done.catch(() => {}); // Reported when its turn comes.
      underWay.push({ chips, done });
    }
    while (underWay.length > 0) await collect();
  } finally {
    stopListening();
    await Promise.all(runners.map((runner) => runner.close()));
  }
  result.warnings = values.warnings();
  if (blocks === 0) {
    throw argumentError('computeGlobalStatistics: rows', [], 'a list or stream of at least one chip');
  }
  return result;
}

async function* blocksOf(rows: Iterable<ChipRow> | AsyncIterable<ChipRow>): AsyncGenerator<ChipRequest[]> {
  let chips: ChipRequest[] = [];
  let index = 0;
  for await (const { images } of rows) {
    chips.push({ index: index++, images });
    if (chips.length === BLOCK) {
      yield chips;
      chips = [];
    }
  }
  if (chips.length > 0) yield chips;
}

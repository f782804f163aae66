import { availableParallelism } from 'node:os';
import type { AugmentationStep } from '../../augmentation/compose.js';
import { argumentError, checkInteger, checkOneOf } from '../../internal/checks.js';
import { checkNodata } from '../../normalization/nodataValues.js';
import type { NormalizationOptions } from '../../normalization/normalizeRaster.js';
import type { ChipRows } from '../ChipList.js';
import { isRemote } from '../checkChipPath.js';
import { type BandSelection, checkSelection } from '../findBands.js';
import { checkRemoteOptions } from '../openRemoteGeoTiff.js';
import type { RemoteOptions } from '../RemoteSource.js';
import { checkWindows, type WindowOptions } from '../sceneWindows.js';
import { ChipLoader } from './ChipLoader.js';
import type { ChipReaderSettings } from './ChipReader.js';
import { countBands } from './countBands.js';
import { makeRunners } from './makeRunners.js';

/** Options of {@link createChipLoader}. */
export interface ChipLoaderOptions {
  /**
   * The chips, such as the rows of `readCatalog` with one usage, or a list of `openCatalog`. A path may be the http(s)
   * address of a remote GeoTIFF, best a cloud-optimised one: it is read by range requests. Chips may be PNG and JPEG
   * too, whatever their names end with.
   */
  rows: ChipRows;
  /** Folder that the rows' paths are relative to. */
  dataPath: string;
  /** Bands of a chip, all its rasters together; default: as many as `bands`, or as the first chip has without alpha. */
  channels?: number;
  /** The bands that chips are made of, in their order; only these are read. Default: all, in the order of the files. */
  bands?: BandSelection;
  batchSize: number;
  /**
   * Side, or [height, width], that chips are cropped or padded to around their centre; default: all must have the size
   * of the first, or with `onBadChip: 'skip'` of most.
   */
  size?: number | readonly [number, number];
  /**
   * Take windows of `size` of each row's rasters, in place of one chip around their centre: of scenes too large to be
   * chips, or of chips, cropped at random (`{ count: 1 }`). Default: none.
   */
  windows?: WindowOptions;
  /** Width of the border added around a chip; default 0. */
  buffer?: number;
  /**
   * What the border holds: zeros after normalising (default), or the pixels that the rasters have around a chip of
   * `size`, and zeros where they have no more.
   */
  bufferFrom?: 'zeros' | 'neighbours';
  /**
   * Default min_max over all bands of the chip, as `normalizeRaster` has it; null: none. The trainer of the examples
   * takes `'z_value'` with `'gpb'` and the statistics of `computeGlobalStatistics`.
   */
  normalization?: NormalizationOptions | null;
  /** Augmentations in order; default none. */
  augmentation?: readonly AugmentationStep[];
  /** Decides order and augmentation; default 0. */
  seed?: number;
  /** Draw a new order each epoch; default false: the rows' order. */
  shuffle?: boolean;
  /** Leave out a last batch that is not full; default false. */
  dropLast?: boolean;
  /** What an unreadable chip does: stop (default), or be left out and reported. */
  onBadChip?: 'error' | 'skip';
  /**
   * Chips whose headers are read before training, spread evenly over the rows; the others are looked at when they are
   * read. Default 10,000, of remote chips 100; all where the number of a scene's windows depends on its size.
   */
  inspect?: number;
  /**
   * What the values must stand for: `scaling` of another loader; default: as those of the first chip, or with `'skip'`
   * of most.
   */
  scaling?: string;
  /** Attempts and waiting times for remote chips. */
  remote?: RemoteOptions;
  /**
   * Worker threads; default: one less than the processor's cores, at least 1 and at most 4. 0: read in the main thread.
   */
  workers?: number;
  /** Batches read ahead; default 3. */
  prefetch?: number;
  /** Bytes of normalised chips, or of scenes' decoded blocks, kept in memory, all workers together; default 256 MiB. */
  cacheBytes?: number;
  /**
   * Hears a hash of each chip's content once it is read for the first time, before its batch arrives: of the pixels as
   * they are in the files, those missing, and what the values stand for. With it, a run knows whether its chips
   * changed. Of a scene, which is not read whole, it is one of its header, the lengths of its blocks and some of their
   * bytes, and `index` the row.
   */
  onContent?: (index: number, hash: string) => void;
  /** Of one row in so many; default 1. */
  contentEvery?: number;
  /** Aborting it closes the loader: what is under way rejects with an `AbortError`. */
  signal?: AbortSignal;
  /**
   * Milliseconds after which a worker that is still at the same local chip is ended, and the chip a bad one; default
   * 60,000.
   */
  chipTimeout?: number;
  /** The worker's file; default: the one of this package. Needed when a bundler moves this code. */
  workerUrl?: URL;
}

/**
 * Makes a loader of chips: files are read, normalised and augmented in worker threads ahead of need.
 *
 * The headers of the files are read first (see `inspect`), so that missing, truncated or foreign files and wrong bands
 * or sizes are known before training. Order, windows and augmentation depend on (seed, epoch, row) alone, whatever the
 * number of workers. Beside the rows themselves the loader holds eight bytes a chip and the cache.
 *
 * @throws If an option is out of range, no chip is left, or, with `onBadChip: 'error'`, a chip is bad: the message
 * names its file; an `AbortError` when `signal` is aborted.
 * @example
 * import { mkdtempSync, writeFileSync } from 'node:fs';
 * import { encodeGeoTiff } from 'diffusion-ssl/data';
 * import { createChipLoader } from 'diffusion-ssl/data/node';
 * const dataPath = mkdtempSync('/tmp/chips-');
 * const chip = encodeGeoTiff({ width: 2, height: 2, bands: 1, data: new Uint8Array([0, 1, 2, 3]) });
 * writeFileSync(`${dataPath}/a.tif`, chip);
 * const rows = [{ images: ['a.tif'] }];
 * const loader = await createChipLoader({ rows, dataPath, channels: 1, batchSize: 1, workers: 0 });
 * for await (const batch of loader.epoch(0)) console.log(batch.shape, batch.files);
 * await loader.close();
 */
export async function createChipLoader(options: ChipLoaderOptions): Promise<ChipLoader> {
  const { rows, batchSize, seed = 0, prefetch = 3, buffer = 0, onBadChip = 'error' } = options;
  const { bands, remote = {}, bufferFrom = 'zeros', contentEvery = 1 } = options;
  const { workers = Math.max(1, Math.min(4, availableParallelism() - 1)), cacheBytes = 256 * 2 ** 20 } =
    options;
  // A worker without a chip, or a window, would idle.
  const chips = options.windows ? rows.length * (options.windows.count ?? Infinity) : rows.length;
  const threads = Math.min(workers, chips);
  const check = (name: string, value: number, min: number) =>
    checkInteger(`createChipLoader: ${name}`, value, min);
  check('batchSize', batchSize, 1);
  check('buffer', buffer, 0);
  check('seed', seed, 0);
  check('workers', workers, 0);
  check('prefetch', prefetch, 0);
  check('cacheBytes', cacheBytes, 0);
  check('chipTimeout', options.chipTimeout ?? 1, 1);
  check('contentEvery', contentEvery, 1);
  checkOneOf('createChipLoader: bufferFrom', bufferFrom, ['zeros', 'neighbours']);
  checkOneOf('createChipLoader: onBadChip', onBadChip, ['error', 'skip']);
  if (rows.length === 0) throw argumentError('createChipLoader: rows', [], 'a list of at least one chip');
  const some = options.inspect ?? (rows.at(0)?.images.some(isRemote) ? 100 : 10_000);
  check('inspect', some, 1);
  const bySize = options.windows && (options.windows.count === undefined || options.windows.at === 'grid');
  const inspect = bySize ? rows.length : some;
  checkRemoteOptions('createChipLoader', remote);
  const size = typeof options.size === 'number' ? ([options.size, options.size] as const) : options.size;
  for (const side of size ?? []) check('size', side, 1);
  const { windows } = options;
  if (windows) {
    checkWindows('createChipLoader', windows);
    if (!size) throw argumentError('createChipLoader: size', size, 'given with windows: it is theirs');
  }
  const channels = options.channels ?? bands?.length ?? (await countBands(rows, options));
  check('channels', channels, 1);
  if (bands) checkSelection('createChipLoader', bands, channels);
  checkNodata('createChipLoader', options.normalization?.nodata ?? [], channels);
  const settings: ChipReaderSettings = {
    dataPath: options.dataPath,
    chip: { channels, bands, size, buffer, bufferFrom, normalization: options.normalization },
    augmentation: options.augmentation ?? [],
    windows,
    seed,
    cacheBytes: Math.floor(cacheBytes / Math.max(1, threads)),
    remote,
    hashEvery: options.onContent ? contentEvery : 0,
  };
  const loader: ChipLoader = new ChipLoader({
    rows,
    settings,
    batchSize,
    onBadChip,
    shuffle: options.shuffle ?? false,
    dropLast: options.dropLast ?? false,
    prefetch: threads === 0 ? 0 : prefetch,
    inspect,
    scaling: options.scaling,
    signal: options.signal,
    onContent: options.onContent,
    runners: makeRunners(threads, settings, (index) => loader.imagesOf(index), options),
  });
  try {
    await loader.inspect();
  } catch (error) {
    await loader.close();
    throw error;
  }
  return loader;
}

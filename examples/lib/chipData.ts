import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { AugmentationStep } from 'diffusion-ssl/augmentation';
import { type CatalogRow, decodeGeoTiff } from 'diffusion-ssl/data';
import {
  type ChipBatch,
  type ChipLoader,
  type ChipLoaderOptions,
  createChipLoader,
  readCatalog,
} from 'diffusion-ssl/data/node';
import { buildSampleChips } from './buildSampleChips.js';
import type { PretrainConfig, RunOptions } from './pretrainOptions.js';

/** The chips of a run. */
export interface ChipData {
  train: ChipLoader;
  validate: ChipLoader;
  /** Some training chips without augmentation, for statistics. */
  statistics: ChipLoader;
  /** [height, width, bands]. */
  shape: [number, number, number];
  close(): Promise<void>;
}

/** Where the sample chips are built, from the folder in which the trainer is started. */
const SAMPLE_FOLDER = path.join('data', 'blue-marble');

/** Chips from which statistics are taken, at most: enough for three digits. */
const STATISTICS_CHIPS = 2000;

/** Opens the chips that a configuration names, or builds the sample chips and opens these. */
export async function openChipData(config: PretrainConfig, run: RunOptions): Promise<ChipData> {
  const { dataPath, catalogPath } = await locateChips(config);
  const rows = await readCatalog(catalogPath, { imageColumns: config.imageColumns });
  const ofUsage = (usage: CatalogRow['usage']) => {
    const chosen = rows.filter((row) => row.usage === usage);
    if (chosen.length === 0) throw new Error(`${catalogPath} has no row with usage '${usage}'.`);
    return chosen;
  };
  const [trainRows, validateRows] = [ofUsage('train'), ofUsage('validate')];
  if (trainRows.length < config.batch) {
    throw new Error(
      `${catalogPath} has ${trainRows.length} training chips; a batch needs ${config.batch} (--batch).`,
    );
  }
  const common: Omit<ChipLoaderOptions, 'rows'> = {
    dataPath,
    channels: await countBands(dataPath, trainRows, config.onBadChip),
    batchSize: config.batch,
    size: config.size,
    seed: config.seed,
    workers: run.workers,
    onBadChip: config.onBadChip,
    normalization:
      config.normalization === 'none'
        ? null
        : { strategy: config.normalization, procedure: config.statistics, nodata: config.nodata },
  };
  const opened: ChipLoader[] = [];
  const open = async (options: Partial<ChipLoaderOptions> & Pick<ChipLoaderOptions, 'rows'>) => {
    const loader = await createChipLoader({ ...common, ...options });
    opened.push(loader);
    return loader;
  };
  const close = async () => {
    await Promise.all(opened.map((loader) => loader.close()));
  };
  try {
    const augmentation = augmentationSteps(config.augmentation);
    const train = await open({ rows: trainRows, augmentation, shuffle: true, dropLast: true });
    const size: readonly [number, number] = [train.shape[0], train.shape[1]];
    const stride = Math.ceil(trainRows.length / STATISTICS_CHIPS);
    const some = trainRows.filter((_, index) => index % stride === 0);
    const workers = Math.min(1, run.workers ?? 1);
    const statistics = await open({ rows: some, size, workers, cacheBytes: 0 });
    const validate = await open({ rows: validateRows, size, workers });
    if (size.some((side) => side % 32 !== 0)) {
      throw new Error(
        `The chips have ${size.join(' × ')} pixels; the network needs multiples of 32 (--size crops or pads).`,
      );
    }
    if (train.batchesPerEpoch === 0) {
      throw new Error(
        `Only ${train.length} training chips are usable; a batch needs ${config.batch} (--batch).`,
      );
    }
    for (const { badChips } of [train, validate]) reportSkipped({ skipped: badChips });
    return { train, validate, statistics, shape: train.shape, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function locateChips({
  data,
  catalog,
}: PretrainConfig): Promise<{ dataPath: string; catalogPath: string }> {
  if (data !== undefined && catalog !== undefined) return { dataPath: data, catalogPath: catalog };
  console.log(`sample chips from NASA Blue Marble in ${SAMPLE_FOLDER} (built on the first run)`);
  const { dataPath, catalogPath } = await buildSampleChips(SAMPLE_FOLDER);
  return { dataPath, catalogPath };
}

/** Bands of a chip, all its rasters together: those of the first chip that can be read. */
async function countBands(
  dataPath: string,
  rows: readonly CatalogRow[],
  onBadChip: PretrainConfig['onBadChip'],
): Promise<number> {
  let failure: Error | undefined;
  for (const { images } of rows) {
    try {
      let bands = 0;
      for (const image of images) {
        const file = path.join(dataPath, image);
        bands += (await decodeGeoTiff(await readFile(file), { name: file })).bands;
      }
      return bands;
    } catch (error) {
      failure ??= error as Error;
      if (onBadChip === 'error') break;
    }
  }
  throw badChipError(`${failure?.message} (--data is the root of the catalog's paths)`, onBadChip);
}

/** Says which chips are left out. */
export function reportSkipped({ skipped }: Pick<ChipBatch, 'skipped'>): void {
  for (const { message } of skipped) console.warn(`skipped: ${message}`);
}

/** The loader's error about a chip in the words of the command line; other errors as they are. */
export function chipError(error: unknown, { onBadChip }: PretrainConfig): unknown {
  const about =
    error instanceof Error && /^(?:createChipLoader|chip loader): (?!a worker)(.*)/s.exec(error.message);
  return about ? badChipError(about[1], onBadChip) : error;
}

function badChipError(message: string, onBadChip: PretrainConfig['onBadChip']): Error {
  const advice =
    onBadChip === 'error' ? '\nRepair or remove the chip, or leave out bad chips by --on-bad-chip skip.' : '';
  return new Error(`bad chip ${message}${advice}`);
}

function augmentationSteps(kind: PretrainConfig['augmentation']): AugmentationStep[] {
  const flip: AugmentationStep = { name: 'flip', probability: 0.5 };
  const rotate: AugmentationStep = { name: 'rotate', probability: 0.5, degrees: [-90, 90, 180] };
  return { none: [], flips: [flip], 'flips+rotation': [flip, rotate], all: [flip, rotate] }[kind];
}

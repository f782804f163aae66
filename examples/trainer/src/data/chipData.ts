import {
  type ChipLoader,
  type ChipLoaderOptions,
  createChipLoader,
  openCatalog,
} from 'diffusion-ssl/data/node';
import { DataError } from 'diffusion-ssl/errors';
import type { BandStatistics, NormalizationOptions } from 'diffusion-ssl/normalization';
import type { ModelBand } from 'diffusion-ssl/pretrained';
import { ConditionedLoader, type RunLoader } from '../conditions/ConditionedLoader.js';
import { conditionImageColumns } from '../conditions/ConditionSpec.js';
import { openConditions } from '../conditions/openConditions.js';
import type { RunConditions } from '../conditions/readConditions.js';
import type { PretrainConfig, RunOptions } from '../config/pretrainOptions.js';
import type { Teller } from '../run/RunListener.js';
import { sizeMultipleOf } from '../setup/networkOf.js';
import { augmentationSteps } from './augmentationSteps.js';
import { badChipError } from './badChipError.js';
import { ChipContents } from './ChipContents.js';
import { checkBands } from './checkBands.js';
import { chipBands } from './chipBands.js';
import { chipNormalization } from './chipNormalization.js';
import { chipStatistics, isGlobal } from './chipStatistics.js';
import { locateChips } from './locateChips.js';
import { repeatWarning } from './repeatWarning.js';
import { SkippedChips } from './SkippedChips.js';
import { someChips, someStride } from './someChips.js';
import { windowOptions, windowsEach } from './windowOptions.js';

/** The chips of a run. */
export interface ChipData {
  train: RunLoader;
  validate: RunLoader;
  /** Some training chips without augmentation, for the baseline. */
  sample: RunLoader;
  /** Statistics of the training chips, and of the images that the network is told, in their own units. */
  statistics(): Promise<BandStatistics>;
  /** What the chips hold, as far as they have been read. */
  contents: { train: ChipContents; validate: ChipContents };
  /** [height, width, bands]. */
  shape: [number, number, number];
  /** What is known of their bands. */
  bands: ModelBand[];
  /** What the network is told of each chip besides, if anything. */
  conditions?: RunConditions;
  /** The chips that are left out. */
  skipped: SkippedChips;
  close(): Promise<void>;
}

/** Chips from which the baseline is fitted, at most: enough for three digits. */
const BASELINE_CHIPS = 2000;

/** Where chips are opened. */
export interface ChipPlace {
  /** The folder of the run; one that is resumed holds its statistics. */
  folder: string;
  /** How chips are scaled; missing: as the configuration says. */
  scaling?: NormalizationOptions | null;
  teller: Teller;
  /** Asks to stop. */
  signal?: AbortSignal;
}

/** Opens the chips that a configuration names, or builds the sample chips and opens these. */
export async function openChipData(
  config: PretrainConfig,
  run: RunOptions,
  { folder, scaling: given, teller, signal }: ChipPlace,
): Promise<ChipData> {
  const { dataPath, catalogPath } = await locateChips(config, teller, signal);
  const toldColumns = conditionImageColumns(config.conditions);
  const imageColumns = [...config.imageColumns, ...toldColumns];
  const catalog = await openCatalog(catalogPath, { imageColumns });
  const { train: trainRows, validate: validateRows, repeats } = catalog;
  for (const repeat of repeats) teller.warning(`${catalogPath}: ${repeatWarning(repeat, catalog)}`);
  for (const [usage, rows] of Object.entries({ train: trainRows, validate: validateRows })) {
    if (rows.length === 0) throw new DataError(`${catalogPath} has no row with usage '${usage}'.`);
  }
  if (config.windows === undefined && trainRows.length < config.batch) {
    throw new DataError(
      `${catalogPath} has ${trainRows.length} training chips; a batch needs ${config.batch} ` +
        '(--batch, train_batch in a configuration file).',
    );
  }
  const { channels, selection, bands, told } = await chipBands(config, {
    dataPath,
    rows: trainRows,
    teller,
    signal,
  });
  const allBands = told.reduce((sum, bands) => sum + bands, channels);
  checkBands('--bands', run.bands ?? [], channels);
  if (config.compat === 'readme' && config.nodata.length > 0 && config.nodata.length !== channels) {
    throw new DataError(
      `The chips have ${channels} bands; --nodata (nodata in a configuration file) has ` +
        `${config.nodata.length} values, ` +
        'of which compat readme wants one a band.',
    );
  }
  const { size: side, onBadChip } = config;
  const source = { dataPath, channels: allBands, bands: selection, size: side, onBadChip, signal };
  const resumedFolder = run.resume ? folder : undefined;
  const skipped = new SkippedChips(dataPath, teller);
  let computed: ReturnType<typeof chipStatistics> | undefined;
  const statistics = () => {
    computed ??= chipStatistics(config, {
      ...{ ...source, rows: trainRows, workers: run.workers, resumedFolder, skipped, teller },
    });
    return computed;
  };
  const globalStats = isGlobal(config) ? await statistics() : undefined;
  const common: Omit<ChipLoaderOptions, 'rows'> = {
    ...source,
    batchSize: config.batch,
    buffer: config.buffer,
    bufferFrom: config.compat === 'readme' ? 'neighbours' : 'zeros',
    windows: windowOptions(config),
    seed: config.seed,
    workers: run.workers,
    normalization: given === undefined ? chipNormalization(config, globalStats) : given,
  };
  const contents = {
    train: new ChipContents(trainRows, run.acceptChanges, teller),
    validate: new ChipContents(validateRows, run.acceptChanges, teller),
  };
  const hearing = (chips: ChipContents, stride = 1): Partial<ChipLoaderOptions> => ({
    onContent: (index, hash) => chips.hear(index * stride, hash),
    contentEvery: stride === 1 ? chips.every : 1,
  });
  const conditions = await openConditions(config, catalogPath, {
    channels,
    told: new Map(toldColumns.map((name, i) => [name, told[i]])),
    statistics,
  });
  const opened: ChipLoader[] = [];
  const open = async (options: Partial<ChipLoaderOptions> & Pick<ChipLoaderOptions, 'rows'>) => {
    const loader = await createChipLoader({ ...common, ...options });
    opened.push(loader);
    return toldColumns.length > 0 ? new ConditionedLoader(loader, channels) : loader;
  };
  const close = async () => {
    await Promise.all(opened.map((loader) => loader.close()));
  };
  try {
    const augmentation = augmentationSteps(config);
    const order = { shuffle: true, dropLast: true };
    const train = await open({ rows: trainRows, augmentation, ...order, ...hearing(contents.train) });
    const size = train.shape.slice(0, 2).map((side) => side - 2 * config.buffer) as [number, number];
    const workers = Math.min(1, run.workers ?? 1);
    const some = someChips(trainRows, BASELINE_CHIPS);
    const heard = hearing(contents.train, someStride(trainRows, BASELINE_CHIPS));
    const { scaling } = train;
    const { windows } = common;
    const sampled = windows && { ...windows, at: 'grid' as const, count: windowsEach(some, BASELINE_CHIPS) };
    const fixed = { size, scaling, workers };
    const sample = await open({ rows: some, ...fixed, windows: sampled, cacheBytes: 0, ...heard });
    const { validateBatch = config.batch } = config;
    const perBatch = { batchSize: validateBatch, ...hearing(contents.validate) };
    // Side by side, so that every epoch is validated on the same windows.
    const grid = windows && { ...windows, at: 'grid' as const };
    const validate = await open({ rows: validateRows, ...fixed, windows: grid, ...perBatch });
    const multiple = sizeMultipleOf(config);
    if (train.shape.slice(0, 2).some((side) => side % multiple !== 0)) {
      throw new DataError(
        `The chips have ${train.shape.slice(0, 2).join(' × ')} pixels; ` +
          `the network needs multiples of ${multiple} (--size, data_size in a configuration file, crops or pads).`,
      );
    }
    if (train.batchesPerEpoch === 0) {
      throw new DataError(
        `Only ${train.length} training chips are usable; a batch needs ${config.batch} ` +
          '(--batch, train_batch in a configuration file).',
      );
    }
    for (const { badChips } of [train, validate]) skipped.add(badChips);
    return {
      train,
      validate,
      sample,
      contents,
      statistics,
      shape: train.shape,
      bands,
      conditions,
      skipped,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The loader's error about a chip in the words of the command line; other errors as they are. */
export function chipError(error: unknown, { onBadChip }: PretrainConfig): unknown {
  const about =
    error instanceof Error &&
    /^(?:createChipLoader|chip loader|computeGlobalStatistics): (?!a worker)(.*)/s.exec(error.message);
  return about ? badChipError(about[1], onBadChip) : error;
}

import { createHash } from 'node:crypto';
import type { CatalogRow, CatalogUsage } from 'diffusion-ssl/data';
import { createChipLoader, readCatalog } from 'diffusion-ssl/data/node';
import type { ConditionFields } from 'diffusion-ssl/diffusion';
import { DataError } from 'diffusion-ssl/errors';
import type { NormalizationOptions, Raster } from 'diffusion-ssl/normalization';
import { ConditionedLoader, type RunLoader } from '../conditions/ConditionedLoader.js';
import { conditionImageColumns, isColumn } from '../conditions/ConditionSpec.js';
import { conditionFields } from '../conditions/conditionFields.js';
import { conditionValue } from '../conditions/conditionValue.js';
import type { PretrainConfig } from '../config/PretrainConfig.js';
import { chipBands } from '../data/chipBands.js';
import { chipError } from '../data/chipData.js';
import { imagesOf } from '../data/imagesOf.js';
import { locateChips } from '../data/locateChips.js';
import { windowOptions, windowsEach } from '../data/windowOptions.js';
import type { OpenModel } from '../model/openModel.js';
import type { Teller } from '../run/RunListener.js';
import { shuffled } from '../transfer/draws.js';

/** Chips of a run in memory, as its network sees them. */
export interface MeasuredChips {
  images: Raster[];
  /** Their first rasters. */
  names: string[];
  /** What the network is told of some of them, from the first one on, over and over; the tensors are the caller's. */
  told(first: number, count: number): Promise<ConditionFields | undefined>;
  /** Changes with anything that is told. */
  toldHash: string;
}

/** Which chips. */
export interface RunChipsOptions {
  usage: CatalogUsage;
  /** How many at most, evenly spread over the catalog, in an order in which any first ones are spread over it too. */
  most: number;
  teller: Teller;
  signal?: AbortSignal;
}

/** Fewer say nothing of how their features spread. */
const LEAST = 8;
const ORDER_STREAM = 303;

/**
 * Reads chips of a run's catalog, scaled and cropped as in its validation.
 *
 * @param config The run's; `data` and `catalog` say where the chips lie now.
 * @throws If there are too few with that usage, or one cannot be read.
 */
export async function openRunChips(
  config: PretrainConfig,
  model: OpenModel,
  { usage, most, teller, signal }: RunChipsOptions,
): Promise<MeasuredChips> {
  const { dataPath, catalogPath } = await locateChips(config, teller, signal);
  const imageColumns = [...config.imageColumns, ...conditionImageColumns(config.conditions)];
  const all = await readCatalog(catalogPath, { imageColumns });
  const chosen = spread(
    all.filter((row) => row.usage === usage),
    most,
  );
  // Neighbours in a catalog are often neighbours in place.
  const rows = (await shuffled(chosen.length, 0, ORDER_STREAM, 0)).map((at) => chosen[at]);
  if (rows.length === 0) throw new DataError(`${catalogPath} has no row with usage '${usage}'.`);
  const { conditions = [] } = model;
  const values = rows.map((row) => toldValues(row, conditions, catalogPath));
  const place = { dataPath, rows, teller, signal };
  const { channels, selection, told: toldBands } = await chipBands({ ...config, data: dataPath }, place);
  const windows = windowOptions(config);
  const loader = await createChipLoader({
    ...{ rows, dataPath, bands: selection, size: config.size, onBadChip: config.onBadChip, signal },
    channels: toldBands.reduce((sum, bands) => sum + bands, channels),
    batchSize: 16,
    windows: windows && { ...windows, at: 'grid', count: windowsEach(rows, most) },
    normalization: (model.normalization ?? null) as NormalizationOptions | null,
    workers: 0,
    cacheBytes: 0,
  });
  const images: Raster[] = [];
  const names: string[] = [];
  const toldRows: number[][] = [];
  const toldImages: Float32Array[] = [];
  const reader: RunLoader = toldBands.length > 0 ? new ConditionedLoader(loader, channels) : loader;
  try {
    for await (const batch of reader.epoch(0)) {
      images.push(...imagesOf(batch.images, batch.shape));
      names.push(...batch.files.map(([file]) => file));
      toldRows.push(...batch.rows.map((row) => values[row]));
      const { told } = batch;
      const length = told ? told.values.length / batch.rows.length : 0;
      if (told)
        batch.rows.forEach((_, i) => void toldImages.push(told.values.slice(i * length, (i + 1) * length)));
    }
  } catch (error) {
    throw chipError(error, config);
  } finally {
    await loader.close();
  }
  if (images.length < LEAST) {
    throw new DataError(
      `${catalogPath} has ${images.length} chips of usage '${usage}' that can be read; ${LEAST} are the least.`,
    );
  }
  const [{ height, width }] = images;
  const hash = createHash('sha256').update(JSON.stringify([conditions, toldRows]));
  for (const image of toldImages) hash.update(image);
  return {
    images,
    names,
    toldHash: hash.digest('hex'),
    async told(first, count) {
      const chosen = Array.from({ length: count }, (_, i) => (first + i) % images.length);
      const bands = toldImages.length > 0 ? toldImages[0].length / (height * width) : 0;
      const joined = new Float32Array(count * height * width * bands);
      if (bands > 0)
        for (const [i, chip] of chosen.entries()) joined.set(toldImages[chip], i * toldImages[chip].length);
      return conditionFields(
        conditions,
        chosen.map((chip) => toldRows[chip]),
        bands > 0 ? { values: joined, size: [height, width] } : undefined,
      );
    },
  };
}

/** At most so many, evenly spread from the first to the last. */
export function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / most)]);
}

function toldValues(
  { values, line }: CatalogRow,
  conditions: NonNullable<OpenModel['conditions']>,
  catalog: string,
): number[] {
  return conditions.map((condition) => {
    const { name } = condition;
    // What is made of the chip itself is not told of a sample.
    if (!isColumn(condition)) return Number.NaN;
    if (!Object.hasOwn(values, name))
      throw new DataError(`${catalog}: there is no column '${name}', which the network is told.`);
    return conditionValue(condition, values[name].trim(), `${catalog}, line ${line}, column '${name}'`);
  });
}

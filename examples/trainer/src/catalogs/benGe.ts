import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeGeoTiff, encodeGeoTiff, type GeoTiff } from 'diffusion-ssl/data';
import { ConfigError, DataError } from 'diffusion-ssl/errors';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { turn } from '../stopping/turn.js';
import { BenGeTables } from './BenGeTables.js';
import { type MadeCatalog, type MadeRow, madeRows } from './Catalog.js';
import type { CatalogOptions } from './CatalogOptions.js';
import { CORINE_19 } from './corine.js';
import { linkOrCopy } from './linkOrCopy.js';
import { PatchFiles } from './PatchFiles.js';
import {
  dateColumns,
  dateOf,
  readPatchLabels,
  SENTINEL_2,
  writeSentinel1,
  writeSentinel2,
} from './sentinel.js';
import { blockOf, splitByPlace } from './splitByPlace.js';
import { coverNumbers, NO_COVER, WORLD_COVER } from './worldCover.js';

/** Rasters of a patch. */
export const BEN_GE_RASTERS = ['s2', 's1', 'elevation', 'worldcover'] as const;
export type BenGeRaster = (typeof BEN_GE_RASTERS)[number];

/** What is made of ben-ge. */
export interface BenGeOptions extends CatalogOptions {
  /** Default: those that the first patch has. */
  rasters?: readonly BenGeRaster[];
  /** Bands of Sentinel-2. Default: all twelve. */
  bands?: readonly string[];
  /** Columns of numbers that become bands of a raster `scalars` too. */
  asBands?: readonly string[];
  /** Which of the nested splits, such as `ben-ge-0.2`. Default: the only one there is, or split by place. */
  subset?: string;
}

/** How a raster's file is told from others of a patch. */
const ENDINGS: Record<BenGeRaster, string> = {
  s2: '_B02.tif',
  s1: '_VV.tif',
  elevation: '_dem.tif',
  worldcover: '_esaworldcover.tif',
};
/** A class counts as one of a patch from this share of its pixels on. */
const LEAST_SHARE = 0.05;

/**
 * Makes a catalog of a folder of ben-ge: a column of paths for each kind of raster, so that each can be bands or a
 * condition, and columns of all that the tables and rasters say of a patch.
 *
 * @throws {DataError} If a table or file is missing or wrong; the message names it.
 */
export async function catalogBenGe(out: string, options: BenGeOptions): Promise<MadeCatalog> {
  const { folder, bands = SENTINEL_2, asBands = [], onMissing, signal } = options;
  const files = await PatchFiles.open(folder);
  const tables = await BenGeTables.open(files, options.subset);
  const patches = tables.patches();
  const sensorOf = (patch: string, raster: BenGeRaster) =>
    raster === 's1' ? tables.sentinel1(patch) : patch;
  const rasters =
    options.rasters ??
    BEN_GE_RASTERS.filter(
      (raster) => files.find(sensorOf(patches[0], raster), ENDINGS[raster]) !== undefined,
    );
  if (rasters.length === 0) {
    const wanted = BEN_GE_RASTERS.map((raster) => sensorOf(patches[0], raster) + ENDINGS[raster]);
    throw new DataError(`${folder} has none of ${wanted.join(', ')}, in none of its folders.`);
  }
  const isLabelled = files.find(patches[0], '_labels_metadata.json') !== undefined;
  for (const name of [...rasters, ...(asBands.length > 0 ? ['scalars'] : [])])
    mkdirSync(path.join(out, name), { recursive: true });
  let done = 0;
  const { rows, leftOut } = await madeRows(patches, onMissing, async (patch): Promise<MadeRow> => {
    if (++done % 16 === 0) await turn(signal);
    options.onProgress(done, patches.length);
    const row: MadeRow = { patch_id: patch, usage: tables.usage(patch) ?? '' };
    for (const raster of rasters) row[raster] = `${raster}/${patch}.tif`;
    const at = (raster: string) => path.join(out, raster, `${patch}.tif`);
    if (rasters.includes('s2')) await writeSentinel2(files, patch, bands, at('s2'));
    if (rasters.includes('s1')) await writeSentinel1(files, tables.sentinel1(patch), at('s1'));
    if (isLabelled) {
      const { classes } = await readPatchLabels(files.get(patch, '_labels_metadata.json'));
      row.labels = classes.join(' ');
    }
    let grid: GeoTiff | undefined;
    if (rasters.includes('elevation')) {
      const file = files.get(patch, ENDINGS.elevation);
      grid = await readBand(file);
      await linkOrCopy(file, at('elevation'));
      row.elevation_mean = meanOf(grid)?.toFixed(1) ?? '';
    }
    if (rasters.includes('worldcover')) {
      const file = files.get(patch, ENDINGS.worldcover);
      grid = await readBand(file);
      Object.assign(row, await writeCover(grid, file, at('worldcover')));
    }
    Object.assign(row, tables.valuesOf(patch), dateColumns(dateOf(patch)));
    if (asBands.length > 0) {
      grid ??= await readBand(
        rasters.includes('s2') ? files.get(patch, '_B02.tif') : files.get(tables.sentinel1(patch), '_VV.tif'),
      );
      row.scalars = `scalars/${patch}.tif`;
      await writeScalars(row, asBands, { grid, out: at('scalars') });
    }
    return row;
  });
  if (!tables.isSplit) {
    const blocks = rows.map(({ lon, lat }) => blockOf(Number(lon), Number(lat), options.block));
    for (const [i, usage] of splitByPlace(blocks, options).entries()) rows[i].usage = usage;
  }
  const classes = {
    ...(isLabelled && { labels: CORINE_19 }),
    ...(rasters.includes('worldcover') && { worldcover: WORLD_COVER, worldcover_classes: WORLD_COVER }),
  };
  return { rows, leftOut, classes };
}

async function readBand(file: string): Promise<GeoTiff> {
  const image = await decodeGeoTiff(await readFile(file), { name: file });
  if (image.bands === 1) return image;
  throw new DataError(`${file} has ${image.bands} bands; it must have one.`);
}

/** Of the pixels that have data; undefined where none has. */
function meanOf({ data, valid }: GeoTiff): number | undefined {
  const values = Array.from(data as ArrayLike<number>).filter(
    (value, i) => valid?.[i] !== 0 && Number.isFinite(value),
  );
  if (values.length === 0) return undefined;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Writes the classes of a map by their numbers; answers the one that most pixels have, and those of many. */
async function writeCover(
  { data, width, height, epsg, transform }: GeoTiff,
  file: string,
  out: string,
): Promise<{ worldcover_main: string; worldcover_classes: string }> {
  const numbers = coverNumbers(data as ArrayLike<number>, file);
  const grid = { width, height, bands: 1, epsg, transform, bandNames: ['worldcover'] };
  await writeFileAtomic(out, encodeGeoTiff({ ...grid, data: numbers, nodata: NO_COVER }));
  const counts = WORLD_COVER.map((_, number) => numbers.filter((one) => one === number).length);
  const most = Math.max(...counts);
  const often = counts.flatMap((count, number) => (count >= LEAST_SHARE * numbers.length ? [number] : []));
  return {
    worldcover_main: most > 0 ? WORLD_COVER[counts.indexOf(most)] : '',
    worldcover_classes: often.join(' '),
  };
}

/** Writes columns of a row as a raster with a constant band each. */
async function writeScalars(
  row: MadeRow,
  columns: readonly string[],
  { grid, out }: { grid: GeoTiff; out: string },
): Promise<void> {
  const values = columns.map((column) => {
    const value = Number(row[column]);
    if (row[column] !== undefined && row[column] !== '' && Number.isFinite(value)) return value;
    const known = Object.keys(row).filter((name) => Number.isFinite(Number(row[name])) && row[name] !== '');
    throw new ConfigError(
      `--as-bands names ${column}, which is no number of ${row.patch_id}; there are ${known.join(', ')}.`,
    );
  });
  const { width, height, epsg, transform } = grid;
  const data = Float32Array.from(
    { length: width * height * values.length },
    (_, i) => values[i % values.length],
  );
  const bandNames = [...columns];
  await writeFileAtomic(
    out,
    encodeGeoTiff({ width, height, bands: values.length, data, epsg, transform, bandNames }),
  );
}

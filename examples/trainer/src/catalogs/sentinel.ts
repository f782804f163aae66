import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from 'diffusion-ssl/errors';
import { LON_LAT, projectionBetween } from '../tile/projections.js';
import { corineNumbers } from './corine.js';
import type { PatchFiles } from './PatchFiles.js';
import { type StackPlace, stackBands } from './stackBands.js';

/** Bands of Sentinel-2 at level 2A, of 60, 10, 10, 10, 20, 20, 20, 10, 20, 60, 20 and 20 m. */
export const SENTINEL_2 = [
  'B01',
  'B02',
  'B03',
  'B04',
  'B05',
  'B06',
  'B07',
  'B08',
  'B8A',
  'B09',
  'B11',
  'B12',
];
/** Polarisations of Sentinel-1, in dB. */
export const SENTINEL_1 = ['VV', 'VH'];

/** Writes bands of a patch of Sentinel-2 as one raster on the grid of the finest. */
export function writeSentinel2(
  files: PatchFiles,
  patch: string,
  bands: readonly string[],
  out: string,
): Promise<StackPlace> {
  return stackBands(
    bands.map((name) => ({ name, file: files.get(patch, `_${name}.tif`) })),
    out,
  );
}

/**
 * Writes both polarisations of a patch of Sentinel-1 as one raster.
 *
 * @throws {DataError} If no value is below 0: what is in dB has some.
 */
export async function writeSentinel1(files: PatchFiles, patch: string, out: string): Promise<StackPlace> {
  const place = await stackBands(
    SENTINEL_1.map((name) => ({ name, file: files.get(patch, `_${name}.tif`) })),
    out,
  );
  if (place.least < 0) return place;
  throw new DataError(
    `${files.get(patch, '_VV.tif')}: no value is below 0, as in dB; convert it by 10 · log10.`,
  );
}

/** Longitude and latitude of the middle of a raster. */
export function middleOf(
  { width, height, epsg, transform }: StackPlace,
  file: string,
): [lon: number, lat: number] {
  if (epsg === null || !transform) throw new DataError(`${file} does not say where it lies.`);
  const [a, b, c, d, e, f] = transform;
  const [u, v] = [width / 2, height / 2];
  return projectionBetween(epsg, LON_LAT)(a * u + b * v + c, d * u + e * v + f);
}

/** When a patch was taken, by its name. */
export function dateOf(patch: string): Date {
  const [, year, month, day] = /_(\d{4})(\d\d)(\d\d)T\d{6}/.exec(patch) ?? [];
  if (year === undefined) throw new DataError(`${patch}: its name says no date.`);
  return new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
}

/** From 0 at winter solstice to 1 at summer solstice, as ben-ge has it. */
export function seasonOf(date: Date): number {
  const start = Date.UTC(date.getUTCFullYear(), 0, 1);
  const days = (date.getTime() - start) / 86_400_000;
  return Math.sin(Math.PI * (((days + 9) / 365.25) % 1));
}

/** What a patch's `_labels_metadata.json` says. */
export interface PatchLabels {
  /** Numbers of the 19 classes. */
  classes: number[];
  /** Of a patch of Sentinel-1 that of Sentinel-2 of the same place. */
  sentinel2?: string;
}

/** Reads the labels of a patch. */
export async function readPatchLabels(file: string): Promise<PatchLabels> {
  let content: { labels?: unknown; corresponding_s2_patch?: unknown };
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new DataError(`${file}: cannot be read as JSON: ${(cause as Error).message}`, { cause });
  }
  const { labels, corresponding_s2_patch: partner } = content;
  if (!Array.isArray(labels)) throw new DataError(`${file} has no list 'labels'.`);
  return {
    classes: corineNumbers(labels.map(String), path.basename(file)),
    sentinel2: typeof partner === 'string' ? partner : undefined,
  };
}

/** The columns of a date that conditions are made of. */
export function dateColumns(date: Date): Record<'year' | 'month' | 'day', string> {
  const [year, month, day] = date.toISOString().slice(0, 10).split('-').map(Number);
  return { year: String(year), month: String(month), day: String(day) };
}

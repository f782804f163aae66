import { readFileSync } from 'node:fs';
import path from 'node:path';
import { decodeGeoTiff } from '../../src/data/decodeGeoTiff.js';
import type { GeoTiff } from '../../src/data/geoTiffTypes.js';
import { differenceOfPart } from './differenceOfPart.js';

/** What GDAL reads of a file, as `rasters.py` records it. */
export interface ExpectedRaster {
  name: string;
  family: string;
  layout: string;
  width: number;
  height: number;
  bands: number;
  /** numpy's name. */
  dtype: string;
  /** A number's text, or null. */
  nodata: string | null;
  epsg: number | null;
  /** Given where `epsg` is. */
  crsKind: string | null;
  transform: number[] | null;
  scales: number[];
  offsets: number[];
  alphaBands: number[];
  /** Whether there is a `.msk` file. */
  msk: boolean;
  /** By how much values may differ. */
  tolerance: number;
}

/** How a file is read: as GDAL reads it, not at all, or otherwise. */
export type Outcome = { kind: 'equal' | 'refused' | 'different'; message: string };

const ARRAYS: Readonly<Record<string, new (buffer: ArrayBuffer) => ArrayLike<number | bigint>>> = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** Decodes a file of the matrix and compares everything with what GDAL reads. */
export async function compareRaster(folder: string, expected: ExpectedRaster): Promise<Outcome> {
  const { name } = expected;
  const read = (extension: string) => readFileSync(path.join(folder, name + extension));
  const mask = expected.msk ? read('.tif.msk') : undefined;
  const file = read('.tif');
  let raster: GeoTiff;
  try {
    raster = await decodeGeoTiff(file, { name, mask });
  } catch (error) {
    return { kind: 'refused', message: error instanceof Error ? error.message : String(error) };
  }
  const message =
    differenceOfFacts(raster, expected) ??
    differenceOfValues(raster, expected, read('.raw')) ??
    differenceOfValidity(raster, read('.valid')) ??
    (await differenceOfPart(raster, file, mask));
  return message ? { kind: 'different', message } : { kind: 'equal', message: '' };
}

function differenceOfFacts(raster: GeoTiff, expected: ExpectedRaster): string | undefined {
  const whole = expected.dtype.endsWith('int64');
  const unless = (values: number[], usual: number) =>
    values.every((value) => value === usual) ? null : values;
  const wanted: Partial<Record<keyof GeoTiff, unknown>> = {
    width: expected.width,
    height: expected.height,
    bands: expected.bands,
    dtype: whole ? 'float64' : expected.dtype,
    epsg: expected.epsg,
    // Of a file that has no key for it nothing need be said.
    ...(expected.crsKind && raster.crsKind ? { crsKind: expected.crsKind } : {}),
    // Which of several is the file's alpha is a matter of taste; what they mask is not.
    ...(expected.alphaBands.length > 1 ? {} : { alphaBand: expected.alphaBands[0] ?? null }),
    scales: unless(expected.scales, 1),
    offsets: unless(expected.offsets, 0),
    // rasterio gives the nodata of 64-bit integers as float64, rounded, or not at all.
    ...(whole ? {} : { nodata: expected.nodata === null ? null : Number(expected.nodata) }),
  };
  for (const [key, value] of Object.entries(wanted)) {
    const found = raster[key as keyof GeoTiff];
    const same = Object.is(found, value) || found === value || String(found) === String(value);
    if (!same) return `${key} is ${found}; GDAL reads ${value}`;
  }
  const [found, transform] = [raster.transform, expected.transform];
  const scale = Math.max(...(transform ?? [0]).map(Math.abs));
  const near = (value: number, i: number) => Math.abs(value - (found?.[i] ?? Number.NaN)) <= 1e-14 * scale;
  const same = transform ? transform.every(near) : found === null;
  return same ? undefined : `transform is ${found}; GDAL reads ${transform}`;
}

function differenceOfValues(
  { data }: GeoTiff,
  { dtype, bands, tolerance }: ExpectedRaster,
  raw: Buffer,
): string | undefined {
  const Values = ARRAYS[dtype];
  if (!Values) return `values of ${dtype}`;
  const wanted = new Values(new Uint8Array(raw).buffer);
  if (wanted.length !== data.length) return `${data.length} values; GDAL reads ${wanted.length}`;
  for (let i = 0; i < wanted.length; i++) {
    const [value, found] = [wanted[i], data[i]];
    const same =
      typeof value === 'bigint'
        ? Number.isInteger(found) && BigInt(found) === value
        : Object.is(value, found) || value === found || Math.abs(value - found) <= tolerance;
    if (!same) return `${valueName(i, bands)} is ${found}; GDAL reads ${value}`;
  }
  return undefined;
}

function differenceOfValidity({ valid, data, bands }: GeoTiff, wanted: Buffer): string | undefined {
  const words = ['missing', 'valid'];
  for (let i = 0; i < wanted.length; i++) {
    const found = valid === null ? 1 : valid[i];
    if (found !== wanted[i]) {
      return `${valueName(i, bands)} (${data[i]}) is ${words[found]}; for GDAL it is ${words[wanted[i]]}`;
    }
  }
  return undefined;
}

function valueName(index: number, bands: number): string {
  return `band ${index % bands} of pixel ${Math.floor(index / bands)}`;
}

import type { PixelArray, PixelType } from '../geoTiffTypes.js';
import { parseGdalNumber } from './parseGdalNumber.js';

/** What marks an image's missing pixels, the first that is there: mask, values of all bands together, nodata, alpha. */
export interface MissingMarks {
  /** Of a mask of its own: 0 where a pixel is missing, a value a pixel, or a pixel and band. */
  mask?: Uint8Array;
  /** The bands that it masks; default all. */
  maskedBands?: readonly boolean[];
  /** A pixel is missing where every band has its value. */
  nodataValues: number[] | null;
  nodata: number | null;
  /** A band of 8 or 16 bits that is 0 where the pixel is missing in the others. */
  alphaBand: number | null;
}

const RANGES: Partial<Record<PixelType, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
  uint32: [0, 2 ** 32 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
};
/** GDAL compares floats, of either width, with this tolerance: twice float32's epsilon. */
const EPSILON = 2 ** -22;

/**
 * The nodata value of a file as GDAL takes it from the text of its tag: null where there is none, or none that the type
 * can hold.
 *
 * @param wide The file's values are 64-bit integers.
 */
export function nodataOfText(text: string | undefined, dtype: PixelType, wide: boolean): number | null {
  if (text === undefined || text === '') return null;
  if (wide) {
    const digits = /^[ \t\n\r\v\f]*([+-]?\d+)/.exec(text)?.[1];
    return Number(digits ?? 0);
  }
  const value = parseGdalNumber(text);
  if (dtype === 'float32') return Math.fround(value);
  if (dtype === 'float64') return value;
  return inRange(value, dtype) ? value : null;
}

/**
 * The value that missing pixels of a file have: its nodata value, for int8 without regard to what the type can hold.
 */
export function missingOfText(text: string | undefined, dtype: PixelType, wide: boolean): number | null {
  return dtype === 'int8' && text ? Math.trunc(parseGdalNumber(text)) : nodataOfText(text, dtype, wide);
}

/** What GDAL fills strips and tiles with that were never written. */
export function fillOf(nodata: string | undefined, dtype: PixelType, wide: boolean): number {
  const range = RANGES[dtype];
  if (nodata === undefined || nodata === '') return 0;
  if (!range || wide) return nodataOfText(nodata, dtype, wide) ?? 0;
  const value = parseGdalNumber(nodata);
  if (Number.isNaN(value)) return 0;
  const rounded = Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
  return Math.min(Math.max(rounded, range[0]), range[1]);
}

/**
 * Which values count as valid by GDAL's masks of the bands (`GDALRasterBand::GetMaskBand`): a byte a value, in the
 * order of the data, 0 where it is missing; null where none is.
 *
 * @param kind `wide`: the file's values are 64-bit integers, which are compared exactly.
 */
export function validValues(
  data: PixelArray,
  kind: { bands: number; dtype: PixelType; wide: boolean },
  marks: MissingMarks,
): Uint8Array | null {
  const { bands, dtype, wide } = kind;
  const { mask, maskedBands, nodataValues, nodata, alphaBand } = marks;
  if (mask) {
    const masked = spread(mask, data.length, bands);
    if (!maskedBands || maskedBands.every(Boolean)) return masked;
    const others = validValues(data, kind, { ...marks, mask: undefined });
    if (!masked && !others) return null;
    return Uint8Array.from(data, (_, i) => (maskedBands[i % bands] ? masked : others)?.[i] ?? 1);
  }
  if (nodataValues) return byAllBands(data, bands, dtype, nodataValues);
  if (nodata !== null) return byNodata(data, nodata, wide ? 'uint32' : dtype);
  const isMask = bands === 2 || bands === 4 ? alphaBand === bands - 1 : false;
  return isMask && (dtype === 'uint8' || dtype === 'uint16') ? byAlpha(data, bands, bands - 1) : null;
}

/** Where a band is 0, the values of the other bands are missing; null where it nowhere is. */
export function byAlpha(data: PixelArray, bands: number, alphaBand: number): Uint8Array | null {
  let valid: Uint8Array | null = null;
  for (let pixel = 0; pixel < data.length; pixel += bands) {
    if (data[pixel + alphaBand] !== 0) continue;
    valid ??= new Uint8Array(data.length).fill(1);
    valid.fill(0, pixel, pixel + bands);
    valid[pixel + alphaBand] = 1;
  }
  return valid;
}

/** The values of a NODATA_VALUES item, if they are one a band. */
export function parseNodataValues(text: string | null, bands: number): number[] | null {
  const words = text?.split(/\s+/).filter((word) => word !== '') ?? [];
  return words.length === bands ? words.map(parseGdalNumber) : null;
}

function spread(mask: Uint8Array, length: number, bands: number): Uint8Array | null {
  if (!mask.includes(0)) return null;
  if (mask.length === length) return mask.map((value) => (value === 0 ? 0 : 1));
  const valid = new Uint8Array(length);
  for (let pixel = 0; pixel < mask.length; pixel++) {
    if (mask[pixel] !== 0) valid.fill(1, pixel * bands, (pixel + 1) * bands);
  }
  return valid;
}

function byAllBands(
  data: PixelArray,
  bands: number,
  dtype: PixelType,
  values: readonly number[],
): Uint8Array | null {
  const float = dtype.startsWith('float');
  if (!float && values.some((value) => !inRange(value, dtype))) return null;
  const wanted = values.map((value) =>
    dtype === 'float32' ? Math.fround(value) : float ? value : Math.trunc(value),
  );
  let valid: Uint8Array | null = null;
  for (let pixel = 0; pixel < data.length; pixel += bands) {
    if (!wanted.every((value, band) => data[pixel + band] === value)) continue;
    valid ??= new Uint8Array(data.length).fill(1);
    valid.fill(0, pixel, pixel + bands);
  }
  return valid;
}

function byNodata(data: PixelArray, nodata: number, dtype: PixelType): Uint8Array | null {
  const missing = missingTest(nodata, dtype);
  let valid: Uint8Array | null = null;
  if (!dtype.startsWith('float') && !(data as Uint8Array).includes(Math.trunc(nodata))) return null;
  for (let i = 0; i < data.length; i++) {
    if (!missing(data[i])) continue;
    valid ??= new Uint8Array(data.length).fill(1);
    valid[i] = 0;
  }
  return valid;
}

function missingTest(nodata: number, dtype: PixelType): (value: number) => boolean {
  if (Number.isNaN(nodata)) return Number.isNaN;
  if (dtype === 'float64') {
    return (value) => value === nodata || Math.abs(value - nodata) < EPSILON * Math.abs(value + nodata);
  }
  if (dtype === 'float32') {
    const { fround, abs } = Math;
    return (value) =>
      value === nodata || fround(abs(fround(value - nodata))) < EPSILON * abs(fround(value + nodata));
  }
  const whole = Math.trunc(nodata);
  return (value) => value === whole;
}

function inRange(value: number, dtype: PixelType): boolean {
  const [least, greatest] = RANGES[dtype] ?? [-Infinity, Infinity];
  return value >= least && value <= greatest;
}

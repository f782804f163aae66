import type { PixelType } from './geoTiffTypes.js';

/** Where the pixels of a TIFF of a common layout are, and how they are packed. */
export interface PlainTiffLayout {
  width: number;
  height: number;
  bands: number;
  dtype: PixelType;
  nodata: number | null;
  /** Size of a strip or tile in pixels. */
  blockWidth: number;
  blockHeight: number;
  offsets: number[];
  counts: number[];
  deflated: boolean;
  /** Values are differences to the pixel on their left. */
  differences: boolean;
  /** Each block holds one band. */
  planar: boolean;
}

const TAGS = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  fillOrder: 266,
  stripOffsets: 273,
  bands: 277,
  rowsPerStrip: 278,
  stripCounts: 279,
  planar: 284,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileCounts: 325,
  sampleFormat: 339,
} as const;
const NODATA = 42113;
const TYPES: Record<string, PixelType> = {
  '1,8': 'uint8',
  '2,8': 'int8',
  '1,16': 'uint16',
  '2,16': 'int16',
  '1,32': 'uint32',
  '2,32': 'int32',
  '3,32': 'float32',
  '3,64': 'float64',
};

/**
 * The layout of the first image of a little-endian classic TIFF whose pixels are uncompressed or deflated, whole bytes
 * of one type. Follows the TIFF 6.0 specification and GDAL's nodata tag.
 *
 * @param head The beginning of the file.
 * @param byteLength Length of the whole file.
 * @returns undefined when the header is not all in `head`, the layout is another one, or anything is amiss: the caller
 * then asks the `geotiff` package, which knows all layouts and says what is wrong.
 */
export function plainTiffLayout(head: Uint8Array, byteLength: number): PlainTiffLayout | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 8 || view.getUint32(0, true) !== 0x002a4949) return undefined;
  const entries = readEntries(view);
  if (!entries) return undefined;
  const list = (tag: keyof typeof TAGS, missing: number[]) =>
    entries.has(TAGS[tag]) ? readNumbers(view, entries.get(TAGS[tag]) as number) : missing;
  const one = (tag: keyof typeof TAGS, missing = Number.NaN) => (list(tag, [missing]) ?? [Number.NaN])[0];
  const [width, height, bands] = [one('width'), one('height'), one('bands', 1)];
  const tiled = entries.has(TAGS.tileOffsets);
  const blockWidth = tiled ? one('tileWidth') : width;
  const blockHeight = tiled ? one('tileHeight') : Math.min(one('rowsPerStrip', height), height);
  if (![width, height, bands, blockWidth, blockHeight].every((size) => size > 0)) return undefined;
  const offsets = list(tiled ? 'tileOffsets' : 'stripOffsets', []);
  const counts = list(tiled ? 'tileCounts' : 'stripCounts', []);
  const bits = list('bits', [1]);
  const formats = list('sampleFormat', [1]);
  if (!offsets || !counts || !bits || !formats) return undefined;
  const dtype = TYPES[`${formats[0]},${bits[0]}`];
  const uniform = (values: number[]) => values.every((value) => value === values[0]);
  const [compression, predictor, order] = [one('compression', 1), one('predictor', 1), one('planar', 1)];
  const planar = order === 2 && bands > 1;
  const blocks = Math.ceil(width / blockWidth) * Math.ceil(height / blockHeight) * (planar ? bands : 1);
  const known =
    dtype !== undefined &&
    uniform(bits) &&
    uniform(formats) &&
    [1, 8, 32946].includes(compression) &&
    (predictor === 1 || (predictor === 2 && !dtype.startsWith('float') && compression !== 1)) &&
    (order === 1 || order === 2) &&
    one('fillOrder', 1) === 1 &&
    offsets.length === blocks &&
    counts.length === blocks &&
    offsets.every((offset, i) => counts[i] > 0 && offset + counts[i] <= byteLength);
  const nodata = known ? readNodata(view, entries.get(NODATA)) : undefined;
  if (!known || nodata === undefined) return undefined;
  const deflated = compression !== 1;
  const block = { blockWidth, blockHeight, offsets, counts, deflated, differences: predictor === 2, planar };
  return { width, height, bands, dtype, nodata, ...block };
}

/** Where the entry of each tag is. */
function readEntries(view: DataView): Map<number, number> | undefined {
  const directory = view.getUint32(4, true);
  if (directory + 2 > view.byteLength) return undefined;
  const count = view.getUint16(directory, true);
  if (directory + 2 + 12 * count > view.byteLength) return undefined;
  const entries = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + 12 * i;
    entries.set(view.getUint16(entry, true), entry);
  }
  return entries;
}

/** The values of an entry of type SHORT or LONG. */
function readNumbers(view: DataView, entry: number): number[] | undefined {
  const type = view.getUint16(entry + 2, true);
  const count = view.getUint32(entry + 4, true);
  const size = type === 3 ? 2 : type === 4 ? 4 : 0;
  const from = size * count <= 4 ? entry + 8 : view.getUint32(entry + 8, true);
  if (size === 0 || count === 0 || from + size * count > view.byteLength) return undefined;
  const values = new Array<number>(count);
  for (let i = 0; i < count; i++)
    values[i] = size === 2 ? view.getUint16(from + 2 * i, true) : view.getUint32(from + 4 * i, true);
  return values;
}

/** null: none is given; undefined: it cannot be read here. */
function readNodata(view: DataView, entry: number | undefined): number | null | undefined {
  if (entry === undefined) return null;
  const count = view.getUint32(entry + 4, true);
  const from = count <= 4 ? entry + 8 : view.getUint32(entry + 8, true);
  if (view.getUint16(entry + 2, true) !== 2 || from + count > view.byteLength) return undefined;
  let text = '';
  for (let i = 0; i < count - 1; i++) text += String.fromCharCode(view.getUint8(from + i));
  return Number(text);
}

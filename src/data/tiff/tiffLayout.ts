import type { PixelType } from '../geoTiffTypes.js';
import { LayoutError } from './LayoutError.js';
import type { TiffDirectory } from './TiffDirectory.js';

/** Where the pixels of a TIFF are, and how they are packed. */
export interface TiffLayout {
  littleEndian: boolean;
  width: number;
  height: number;
  bands: number;
  /** Bits of a stored value. */
  bits: number;
  format: SampleFormat;
  /** Type of the values as they are given. */
  dtype: PixelType;
  compression: Compression;
  /** For JPEG: what the components are. */
  photometric: number;
  predictor: 1 | 2 | 3;
  /** Each block holds one band. */
  planar: boolean;
  /** The lowest bit of a byte comes first. */
  reversedBits: boolean;
  tiled: boolean;
  /** Size of a strip or tile in pixels. */
  blockWidth: number;
  blockHeight: number;
  offsets: ArrayLike<number>;
  /** Bytes of each block; 0: it was never written. */
  counts: ArrayLike<number>;
  /** Band that is the image's alpha, or null. */
  alphaBand: number | null;
  jpegTables: Uint8Array | undefined;
  /** What LERC's blobs are compressed by besides. */
  lercCompression: Compression;
}

/** How values are meant. */
export type SampleFormat = 'uint' | 'int' | 'float';

/** Compressions that are read. */
export type Compression = 'none' | 'packbits' | 'lzw' | 'deflate' | 'zstd' | 'lerc' | 'jpeg';

const COMPRESSIONS: Readonly<Record<number, Compression>> = {
  1: 'none',
  5: 'lzw',
  7: 'jpeg',
  8: 'deflate',
  32773: 'packbits',
  32946: 'deflate',
  34887: 'lerc',
  50000: 'zstd',
};
/** Names of those that are not. */
const OTHERS: Readonly<Record<number, string>> = {
  2: 'CCITT run lengths',
  3: 'CCITT fax 3',
  4: 'CCITT fax 4',
  6: 'old-style JPEG',
  34661: 'JBIG',
  34676: 'SGI LogLuv',
  34712: 'JPEG 2000',
  34925: 'LZMA',
  50001: 'WebP',
  50002: 'JPEG XL',
  52546: 'JPEG XL',
};
const LERC_COMPRESSIONS: readonly Compression[] = ['none', 'deflate', 'zstd'];
/** White is zero, black is zero, RGB, palette, transparency mask: values are as they are stored. */
const PLAIN_PHOTOMETRICS = [0, 1, 2, 3, 4];
const YCBCR = 6;
/** Bands of each that are no extra bands. */
const COLOURS: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 3, 3: 1, 4: 4, 5: 4, [YCBCR]: 3 };
const PHOTOMETRICS: Readonly<Record<number, string>> = {
  5: 'CMYK',
  [YCBCR]: 'YCbCr',
  8: 'CIE L*a*b*',
  9: 'ICC L*a*b*',
  10: 'ITU L*a*b*',
  32803: 'a colour filter array',
  32844: 'LogL',
  32845: 'LogLuv',
};
/** Compressions with which libtiff knows a predictor; with others the tag means nothing. */
const PREDICTED: readonly Compression[] = ['lzw', 'deflate', 'zstd'];

/**
 * The layout of an image from its directory. Follows the TIFF 6.0 specification, and libtiff where files depart from
 * it.
 *
 * @param byteLength Length of the file.
 * @throws A {@link LayoutError} if the layout is none that is read, an Error if the directory contradicts itself or the
 * file.
 */
export function tiffLayout(directory: TiffDirectory, byteLength: number): TiffLayout {
  const width = size(directory, 'width', 'ImageWidth');
  const height = size(directory, 'height', 'ImageLength');
  const bands = inRange('SamplesPerPixel', directory.integer('bands', 1), 65535);
  const { bits, format, dtype } = sampleType(directory, bands);
  const compression = compressionOf(directory.integer('compression', 1));
  const photometric = photometricOf(directory, compression);
  const planar = planarOf(directory) && bands > 1;
  const predictor = PREDICTED.includes(compression) ? predictorOf(directory, bits, format) : 1;
  const fillOrder = directory.integer('fillOrder', 1);
  if (fillOrder !== 1 && fillOrder !== 2) throw new Error(`its FillOrder is ${fillOrder}.`);
  const reversedBits = fillOrder === 2 && compression !== 'jpeg';
  const tiled = directory.has('tileWidth');
  const blockWidth = tiled ? size(directory, 'tileWidth', 'TileWidth') : width;
  const rows = tiled
    ? size(directory, 'tileHeight', 'TileLength')
    : directory.integer('rowsPerStrip', height);
  if (rows === 0) throw new Error('its RowsPerStrip is 0.');
  const blockHeight = tiled ? rows : Math.min(rows, height);
  const blocks = Math.ceil(width / blockWidth) * Math.ceil(height / blockHeight) * (planar ? bands : 1);
  const packed = Math.ceil((blockWidth * (planar ? 1 : bands) * bits) / 8) * blockHeight;
  const places = blockPlaces(directory, blocks, compression === 'none' ? packed : undefined, byteLength);
  return {
    littleEndian: directory.littleEndian,
    width,
    height,
    bands,
    bits,
    format,
    dtype,
    compression,
    photometric,
    predictor,
    planar,
    reversedBits,
    tiled,
    blockWidth,
    blockHeight,
    ...places,
    alphaBand: alphaBandOf(directory, bands),
    jpegTables: directory.bytes('jpegTables'),
    lercCompression: lercCompressionOf(directory, compression),
  };
}

function size(directory: TiffDirectory, tag: 'width' | 'height' | 'tileWidth' | 'tileHeight', name: string) {
  return inRange(name, directory.integer(tag, 0), 2 ** 31 - 1);
}

function inRange(name: string, value: number, max: number): number {
  if (value >= 1 && value <= max) return value;
  throw new Error(`its ${name} is ${value}.`);
}

function sampleType(directory: TiffDirectory, bands: number) {
  const one = (tag: 'bits' | 'sampleFormat', name: string) => {
    const values = directory.integers(tag) ?? [1];
    if (values.length !== 1 && values.length < bands) {
      throw new Error(`its ${name} has ${values.length} values for ${bands} bands.`);
    }
    if (values.slice(0, bands).every((value) => value === values[0])) return values[0];
    throw new LayoutError(`bands of several types (${name} ${values.slice(0, 8).join(', ')})`, '-ot Float32');
  };
  const bits = one('bits', 'BitsPerSample');
  const code = one('sampleFormat', 'SampleFormat');
  if (code === 5 || code === 6) throw new LayoutError('complex numbers', '-ot Float32');
  // 4 is 'undefined'; GDAL takes it for unsigned integers.
  const format = ({ 1: 'uint', 2: 'int', 3: 'float', 4: 'uint' } as const)[code];
  if (!format) throw new Error(`its SampleFormat is ${code}.`);
  const dtype = pixelType(format, bits);
  if (dtype) return { bits, format, dtype };
  throw new LayoutError(`${bits} bits a value of the format ${format}`, '-ot Float32');
}

/** As GDAL widens them; 64-bit integers become float64, which `readPixels` refuses where it is not exact. */
function pixelType(format: SampleFormat, bits: number): PixelType | undefined {
  if (format === 'float') {
    return bits === 64 ? 'float64' : bits === 32 || bits === 24 || bits === 16 ? 'float32' : undefined;
  }
  if (bits === 64) return 'float64';
  if (format === 'int' && bits !== 8 && bits !== 16 && bits !== 32) return undefined;
  if (bits < 1 || bits > 32) return undefined;
  return `${format}${bits <= 8 ? 8 : bits <= 16 ? 16 : 32}`;
}

function compressionOf(code: number): Compression {
  const compression = COMPRESSIONS[code];
  if (compression) return compression;
  throw new LayoutError(`the compression ${OTHERS[code] ?? `number ${code}`}`);
}

function photometricOf(directory: TiffDirectory, compression: Compression): number {
  const photometric = directory.integer('photometric', 1);
  if (PLAIN_PHOTOMETRICS.includes(photometric)) return photometric;
  if (photometric === YCBCR && compression === 'jpeg') return photometric;
  throw new LayoutError(
    `the colour space ${PHOTOMETRICS[photometric] ?? `number ${photometric}`}`,
    '-co COMPRESS=DEFLATE -co PHOTOMETRIC=RGB',
  );
}

function planarOf(directory: TiffDirectory): boolean {
  const order = directory.integer('planarConfiguration', 1);
  if (order === 1 || order === 2) return order === 2;
  throw new Error(`its PlanarConfiguration is ${order}.`);
}

function predictorOf(directory: TiffDirectory, bits: number, format: SampleFormat): 1 | 2 | 3 {
  const predictor = directory.integer('predictor', 1);
  const whole = [8, 16, 32, 64].includes(bits);
  if (predictor === 1 || (predictor === 2 && whole)) return predictor;
  if (predictor === 3 && format === 'float') return predictor;
  if (predictor === 2) throw new LayoutError(`predictor 2 on values of ${bits} bits`);
  throw new Error(`its Predictor is ${predictor} on values of the format ${format}.`);
}

function alphaBandOf(directory: TiffDirectory, bands: number): number | null {
  const extra = directory.integers('extraSamples') ?? [];
  if (extra.length > bands || extra.some((kind) => kind > 2)) {
    throw new Error(`its ExtraSamples are ${extra.slice(0, 8).join(', ')} for ${bands} bands.`);
  }
  const last = extra.findLastIndex((kind) => kind !== 0);
  // Of more extra bands than the tag speaks of, it speaks of the first; a colour is no alpha.
  const colours = COLOURS[directory.integer('photometric', 1)];
  const alpha = Math.min(bands - extra.length, colours) + last;
  return last < 0 || alpha < colours ? null : alpha;
}

function lercCompressionOf(directory: TiffDirectory, compression: Compression): Compression {
  if (compression !== 'lerc') return 'none';
  const [, code = 0] = directory.integers('lercParameters') ?? [];
  const additional = LERC_COMPRESSIONS[code];
  if (additional) return additional;
  throw new LayoutError(`LERC with the compression number ${code}`);
}

/** @param packed Bytes of a whole block that is not compressed. */
function blockPlaces(
  directory: TiffDirectory,
  blocks: number,
  packed: number | undefined,
  byteLength: number,
): { offsets: ArrayLike<number>; counts: ArrayLike<number> } {
  const either = (tile: 'tileOffsets' | 'tileByteCounts', strip: 'stripOffsets' | 'stripByteCounts') =>
    directory.integers(directory.has(tile) ? tile : strip);
  const offsets = either('tileOffsets', 'stripOffsets');
  if (!offsets) throw new Error('it has no pixel data.');
  let counts = either('tileByteCounts', 'stripByteCounts');
  // Some writers leave the lengths out: of blocks that are not compressed they are known, and of a single one.
  if (!counts || (counts.length === 1 && counts[0] === 0)) {
    const rest = (offset: number) => (offset > 0 ? Math.max(0, byteLength - offset) : 0);
    if (packed !== undefined) counts = offsets.map((offset) => Math.min(packed, rest(offset)));
    else if (offsets.length === 1) counts = offsets.map(rest);
  }
  if (!counts || offsets.length < blocks || counts.length < blocks) {
    throw new Error(
      `its ${blocks} strips or tiles have ${offsets.length} offsets and ${counts?.length ?? 0} lengths.`,
    );
  }
  for (let i = 0; i < blocks; i++) {
    const end = offsets[i] + counts[i];
    if (counts[i] > 0 && offsets[i] === 0) throw new Error('a strip or tile begins at 0.');
    if (counts[i] > 0 && end > byteLength) {
      throw new Error(`it is cut short: ${byteLength} bytes, at least ${end} expected.`);
    }
  }
  return { offsets, counts };
}

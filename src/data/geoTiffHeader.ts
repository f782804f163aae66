import { argumentError, checkInteger, checkOneOf } from '../internal/checks.js';
import { epsgKind } from './epsgKind.js';
import type { AffineTransform, CrsKind, PixelType, Rgb } from './geoTiffTypes.js';

/** What a GeoTIFF's header says, by which its pixels can be written strip after strip. */
export interface GeoTiffLayout {
  width: number;
  height: number;
  bands: number;
  dtype: PixelType;
  nodata?: number | null;
  epsg?: number | null;
  crsKind?: CrsKind | null;
  transform?: AffineTransform | null;
  bandNames?: readonly (string | null)[] | null;
  colours?: readonly Rgb[] | null;
  /** Rows of a strip. Default all. */
  rowsPerStrip?: number;
}

const ASCII = 2;
const SHORT = 3;
const LONG = 4;
const DOUBLE = 12;
const LONG8 = 16;
const BYTES_OF_TYPE: Record<number, number> = { [ASCII]: 1, [SHORT]: 2, [LONG]: 4, [DOUBLE]: 8, [LONG8]: 8 };
/** Beyond this a file is a BigTIFF, whose offsets have 64 bits; the header takes far less than the rest of 4 GiB. */
const LARGEST_CLASSIC = 2 ** 32 - 2 ** 24;

type Tag = [tag: number, type: number, values: number[]];

/**
 * The bytes before the pixels of a GeoTIFF: little-endian, uncompressed, bands interleaved by pixel, rows from the top.
 * The pixels follow it, little-endian too, without a gap. Above 4 GiB it is a BigTIFF.
 *
 * @param caller For messages.
 */
export function geoTiffHeader(caller: string, image: GeoTiffLayout): Uint8Array {
  const { width, height, bands, dtype, rowsPerStrip = image.height } = image;
  checkInteger(`${caller}: width`, width, 1);
  checkInteger(`${caller}: height`, height, 1);
  checkInteger(`${caller}: bands`, bands, 1, 65535);
  checkInteger(`${caller}: rowsPerStrip`, rowsPerStrip, 1);
  const { bandNames } = image;
  if (bandNames && bandNames.length !== bands)
    throw argumentError(`${caller}: bandNames.length`, bandNames.length, `${bands}, one a band`);
  const colours = image.colours ?? null;
  if (colours) checkColours(`${caller}: colours`, colours, image);
  const bits = Number(/\d+$/.exec(dtype)![0]);
  const sampleFormat = dtype.startsWith('float') ? 3 : dtype.startsWith('int') ? 2 : 1;
  const rowBytes = (width * bands * bits) / 8;
  const big = rowBytes * height > LARGEST_CLASSIC;
  const strips = Array.from({ length: Math.ceil(height / rowsPerStrip) }, (_, i) => i * rowsPerStrip);
  const offset = big ? LONG8 : LONG;
  const tags: Tag[] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, new Array(bands).fill(bits)],
    [259, SHORT, [1]],
    [262, SHORT, [colours ? 3 : 1]],
    [273, offset, strips.map((row) => row * rowBytes)],
    [277, SHORT, [bands]],
    [278, LONG, [rowsPerStrip]],
    [279, offset, strips.map((row) => Math.min(rowsPerStrip, height - row) * rowBytes)],
    [284, SHORT, [1]],
    ...(colours ? [[320, SHORT, palette(colours)] as Tag] : []),
    ...(bands > 1 ? [[338, SHORT, new Array(bands - 1).fill(0)] as Tag] : []),
    [339, SHORT, new Array(bands).fill(sampleFormat)],
    ...transformTags(image.transform ?? null),
    ...(image.epsg == null
      ? []
      : [geoKeys(image.epsg, crsKind(caller, image.epsg, image.crsKind ?? undefined))]),
    ...(bandNames?.some((name) => name !== null)
      ? [[42112, ASCII, utf8Bytes(descriptions(bandNames))] as Tag]
      : []),
    ...(image.nodata == null ? [] : [[42113, ASCII, utf8Bytes(nodataText(image.nodata))] as Tag]),
  ];
  return assemble(tags, big);
}

/** The reds of all 256 values, the greens and the blues, of 16 bits; black without a colour of its own. */
function palette(colours: readonly Rgb[]): number[] {
  return [0, 1, 2].flatMap((part) => Array.from({ length: 256 }, (_, i) => 257 * (colours[i]?.[part] ?? 0)));
}

function checkColours(argument: string, colours: readonly Rgb[], { bands, dtype }: GeoTiffLayout): void {
  if (bands !== 1 || dtype !== 'uint8' || colours.length > 256) {
    const received = `${colours.length} colours for ${bands} bands of ${dtype}`;
    throw argumentError(argument, received, 'at most 256 for one band of uint8');
  }
  const wrong = colours.findIndex(
    (colour) =>
      colour.length !== 3 || !colour.every((part) => Number.isInteger(part) && part >= 0 && part < 256),
  );
  if (wrong >= 0)
    throw argumentError(`${argument}[${wrong}]`, colours[wrong], 'three integers from 0 to 255');
}

/** Escaped twice, as GDAL writes and reads them. */
function descriptions(names: readonly (string | null)[]): string {
  const items = names.flatMap((name, band) =>
    name === null
      ? []
      : [`<Item name="DESCRIPTION" sample="${band}" role="description">${escapeXml(escapeXml(name))}</Item>`],
  );
  return `<GDALMetadata>${items.join('')}</GDALMetadata>`;
}

/** Without the characters that XML must not have. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, ' ')
    .replaceAll(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function nodataText(nodata: number): string {
  return Number.isNaN(nodata) ? 'nan' : String(nodata);
}

function utf8Bytes(text: string): number[] {
  return [...new TextEncoder().encode(text), 0];
}

function transformTags(transform: AffineTransform | null): Tag[] {
  if (transform === null) return [];
  const [a, b, c, d, e, f] = transform;
  if (b === 0 && d === 0 && a > 0 && e < 0) {
    return [
      [33550, DOUBLE, [a, -e, 0]],
      [33922, DOUBLE, [0, 0, 0, c, f, 0]],
    ];
  }
  return [[34264, DOUBLE, [a, b, 0, c, d, e, 0, f, 0, 0, 0, 0, 0, 0, 0, 1]]];
}

function crsKind(caller: string, epsg: number, given: CrsKind | undefined): CrsKind {
  checkInteger(`${caller}: epsg`, epsg, 1024, 32766);
  const known = epsgKind(epsg);
  if (given !== undefined) {
    checkOneOf(`${caller}: crsKind`, given, known ? [known] : ['geographic', 'projected']);
  } else if (known === undefined) {
    const accepted =
      'the code of a geographic or projected system of two dimensions, or come with its crsKind';
    throw argumentError(`${caller}: epsg`, epsg, accepted);
  }
  return given ?? (known as CrsKind);
}

/** Model type, raster type (pixel is area) and the code of the reference system. */
function geoKeys(epsg: number, kind: CrsKind): Tag {
  const [model, key] = kind === 'geographic' ? [2, 2048] : [1, 3072];
  const keys = [1024, 0, 1, model, 1025, 0, 1, 1, key, 0, 1, epsg];
  return [34735, SHORT, [1, 1, 0, 3, ...keys]];
}

/** The header: the file's first bytes, the directory, the values that do not fit into it. */
function assemble(tags: Tag[], big: boolean): Uint8Array {
  // Widths of the head, of the count of entries, of an entry, of a number in it.
  const [head, counted, entry, word] = big ? [16, 8, 20, 8] : [8, 2, 12, 4];
  const sizeOf = ([, type, values]: Tag) => BYTES_OF_TYPE[type] * values.length;
  const align = (n: number) => Math.ceil(n / 8) * 8;
  const firstValue = align(head + counted + entry * tags.length + word);
  let end = firstValue;
  for (const tag of tags) if (sizeOf(tag) > word) end += align(sizeOf(tag));
  const bytes = new Uint8Array(end);
  const view = new DataView(bytes.buffer);
  const write = (offset: number, type: number, values: number[]) => {
    values.forEach((value, i) => {
      if (type === DOUBLE) view.setFloat64(offset + 8 * i, value, true);
      else if (type === LONG8) view.setBigUint64(offset + 8 * i, BigInt(value), true);
      else if (type === LONG) view.setUint32(offset + 4 * i, value, true);
      else if (type === SHORT) view.setUint16(offset + 2 * i, value, true);
      else view.setUint8(offset + i, value);
    });
  };
  const wordType = big ? LONG8 : LONG;
  view.setUint16(0, 0x4949);
  view.setUint16(2, big ? 43 : 42, true);
  if (big) view.setUint16(4, 8, true);
  write(big ? 8 : 4, wordType, [head]);
  write(head, big ? LONG8 : SHORT, [tags.length]);
  let next = firstValue;
  tags.forEach((tag, i) => {
    const at = head + counted + entry * i;
    const [code, type] = tag;
    const values = code === 273 ? tag[2].map((offset) => end + offset) : tag[2];
    view.setUint16(at, code, true);
    view.setUint16(at + 2, type, true);
    write(at + 4, wordType, [values.length]);
    if (sizeOf(tag) <= word) {
      write(at + 4 + word, type, values);
    } else {
      write(at + 4 + word, wordType, [next]);
      write(next, type, values);
      next += align(sizeOf(tag));
    }
  });
  return bytes;
}

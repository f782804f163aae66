import { argumentError, checkInteger, checkOneOf } from '../internal/checks.js';
import { epsgKind } from './epsgKind.js';
import { type AffineTransform, type CrsKind, type PixelArray, pixelTypeOf } from './geoTiffTypes.js';

/** What {@link encodeGeoTiff} writes. */
export interface GeoTiffInput {
  width: number;
  height: number;
  bands: number;
  /** `height * width * bands` values, the band changing fastest; their type becomes the file's. */
  data: PixelArray;
  /** Value that marks missing pixels; default none. */
  nodata?: number | null;
  /** EPSG code of the coordinate reference system, 1024 to 32766; default none. */
  epsg?: number | null;
  /** Kind of that system; default what the EPSG registry says, so only for codes that are newer than this library. */
  crsKind?: CrsKind | null;
  /** From pixel corners to coordinates (see `AffineTransform`); default none. */
  transform?: AffineTransform | null;
  /** Descriptions of the bands, null for one without; default none. */
  bandNames?: readonly (string | null)[] | null;
}

const SHORT = 3;
const LONG = 4;
const DOUBLE = 12;
const ASCII = 2;
const BYTES_OF_TYPE: Record<number, number> = { [ASCII]: 1, [SHORT]: 2, [LONG]: 4, [DOUBLE]: 8 };

type Tag = [tag: number, type: number, values: number[]];

/**
 * Encodes a raster as a GeoTIFF: little-endian, uncompressed, one strip, bands interleaved by pixel.
 *
 * Follows the TIFF 6.0 and OGC GeoTIFF 1.1 specifications and GDAL's tags of nodata and metadata.
 *
 * @throws If the number of values is not `width * height * bands`, a size is no positive integer, there are not as many
 * names as bands, or `epsg` is no code of a geographic or projected system of two dimensions.
 * @example
 * import { decodeGeoTiff, encodeGeoTiff } from 'diffusion-ssl/data';
 * const bytes = encodeGeoTiff({ width: 2, height: 1, bands: 1, data: new Uint8Array([1, 2]), epsg: 4326 });
 * console.log((await decodeGeoTiff(bytes)).epsg);
 */
export function encodeGeoTiff(image: GeoTiffInput): Uint8Array {
  const { width, height, bands, data } = image;
  checkInteger('encodeGeoTiff: width', width, 1);
  checkInteger('encodeGeoTiff: height', height, 1);
  checkInteger('encodeGeoTiff: bands', bands, 1, 65535);
  if (data.length !== width * height * bands) {
    throw argumentError('encodeGeoTiff: data.length', data.length, `${width} * ${height} * ${bands}`);
  }
  const { bandNames } = image;
  if (bandNames && bandNames.length !== bands)
    throw argumentError('encodeGeoTiff: bandNames.length', bandNames.length, `${bands}, one a band`);
  const type = pixelTypeOf(data);
  const sampleFormat = type.startsWith('float') ? 3 : type.startsWith('int') ? 2 : 1;
  const tags: Tag[] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, new Array(bands).fill(8 * data.BYTES_PER_ELEMENT)],
    [259, SHORT, [1]],
    [262, SHORT, [1]],
    [273, LONG, [0]],
    [277, SHORT, [bands]],
    [278, LONG, [height]],
    [279, LONG, [data.byteLength]],
    [284, SHORT, [1]],
    ...(bands > 1 ? [[338, SHORT, new Array(bands - 1).fill(0)] as Tag] : []),
    [339, SHORT, new Array(bands).fill(sampleFormat)],
    ...transformTags(image.transform ?? null),
    ...(image.epsg == null ? [] : [geoKeys(image.epsg, crsKind(image.epsg, image.crsKind ?? undefined))]),
    ...(bandNames?.some((name) => name !== null)
      ? [[42112, ASCII, utf8Bytes(descriptions(bandNames))] as Tag]
      : []),
    ...(image.nodata == null ? [] : [[42113, ASCII, utf8Bytes(nodataText(image.nodata))] as Tag]),
  ];
  return assemble(tags, data);
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

function crsKind(epsg: number, given: CrsKind | undefined): CrsKind {
  checkInteger('encodeGeoTiff: epsg', epsg, 1024, 32766);
  const known = epsgKind(epsg);
  if (given !== undefined) {
    checkOneOf('encodeGeoTiff: crsKind', given, known ? [known] : ['geographic', 'projected']);
  } else if (known === undefined) {
    const accepted =
      'the code of a geographic or projected system of two dimensions, or come with its crsKind';
    throw argumentError('encodeGeoTiff: epsg', epsg, accepted);
  }
  return given ?? (known as CrsKind);
}

/** Model type, raster type (pixel is area) and the code of the reference system. */
function geoKeys(epsg: number, kind: CrsKind): Tag {
  const [model, key] = kind === 'geographic' ? [2, 2048] : [1, 3072];
  const keys = [1024, 0, 1, model, 1025, 0, 1, 1, key, 0, 1, epsg];
  return [34735, SHORT, [1, 1, 0, 3, ...keys]];
}

function assemble(tags: Tag[], data: PixelArray): Uint8Array {
  const directoryEnd = 8 + 2 + 12 * tags.length + 4;
  const sizeOf = ([, type, values]: Tag) => BYTES_OF_TYPE[type] * values.length;
  const align = (n: number) => Math.ceil(n / 8) * 8;
  let end = align(directoryEnd);
  for (const tag of tags) if (sizeOf(tag) > 4) end += align(sizeOf(tag));
  const dataOffset = end;
  const bytes = new Uint8Array(dataOffset + data.byteLength);
  const view = new DataView(bytes.buffer);
  const write = (offset: number, type: number, values: number[]) => {
    values.forEach((value, i) => {
      if (type === DOUBLE) view.setFloat64(offset + 8 * i, value, true);
      else if (type === LONG) view.setUint32(offset + 4 * i, value, true);
      else if (type === SHORT) view.setUint16(offset + 2 * i, value, true);
      else view.setUint8(offset + i, value);
    });
  };
  view.setUint16(0, 0x4949);
  view.setUint16(2, 42, true);
  view.setUint32(4, 8, true);
  view.setUint16(8, tags.length, true);
  let next = align(directoryEnd);
  tags.forEach((tag, i) => {
    const entry = 10 + 12 * i;
    const [code, type] = tag;
    const values = code === 273 ? [dataOffset] : tag[2];
    view.setUint16(entry, code, true);
    view.setUint16(entry + 2, type, true);
    view.setUint32(entry + 4, values.length, true);
    if (sizeOf(tag) <= 4) {
      write(entry + 8, type, values);
    } else {
      view.setUint32(entry + 8, next, true);
      write(next, type, values);
      next += align(sizeOf(tag));
    }
  });
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), dataOffset);
  return bytes;
}

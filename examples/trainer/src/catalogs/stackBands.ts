import { readFile } from 'node:fs/promises';
import { decodeGeoTiff, encodeGeoTiff, type GeoTiff, type PixelArray } from 'diffusion-ssl/data';
import { DataError } from 'diffusion-ssl/errors';
import { writeFileAtomic } from 'diffusion-ssl/training/node';

/** A band in a file of its own. */
export interface BandFile {
  name: string;
  file: string;
}

/** Where a stack lies. */
export interface StackPlace extends Pick<GeoTiff, 'width' | 'height' | 'epsg' | 'transform'> {
  /** The least value of all bands. */
  least: number;
}

/** Pixels of the fine grid by which grids that are one may differ from rounding. */
const ALIGNED = 1e-3;

/**
 * Writes bands of several resolutions as one GeoTIFF on the grid of the finest: coarser ones are interpolated between
 * their four nearest pixels, integers rounded. Names of the bands become its descriptions.
 *
 * @throws {DataError} If a band does not cover the same ground, its pixels are no whole number of the finest, its type
 * is another one, or it has pixels without data.
 */
export async function stackBands(bands: readonly BandFile[], out: string): Promise<StackPlace> {
  const opened: GeoTiff[] = [];
  for (const { file } of bands) {
    const image = await decodeGeoTiff(await readFile(file), { name: file });
    if (image.bands !== 1) throw new DataError(`${file} has ${image.bands} bands; a band's file has one.`);
    const missing = image.valid?.reduce((sum, one) => sum + (1 - one), 0) ?? 0;
    if (missing > 0)
      throw new DataError(`${file} has ${missing} pixels without data, which cannot be interpolated.`);
    opened.push(image);
  }
  const finest = opened.reduce((best, one) => (one.width > best.width ? one : best));
  const { width, height, epsg, transform, dtype } = finest;
  const [{ data: first }] = opened;
  const data = new (first.constructor as new (length: number) => PixelArray)(width * height * bands.length);
  let least = Number.POSITIVE_INFINITY;
  for (const [band, image] of opened.entries()) {
    checkGrid(image, finest, [bands[band].file, bands[opened.indexOf(finest)].file]);
    if (image.dtype !== dtype)
      throw new DataError(`${bands[band].file} holds ${image.dtype}, others of this stack ${dtype}.`);
    const at = valueAt(image, width / image.width);
    const isInteger = !dtype.startsWith('float');
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const value = at(row, column);
        if (value < least) least = value;
        data[(row * width + column) * bands.length + band] = isInteger ? Math.round(value) : value;
      }
    }
  }
  const bandNames = bands.map(({ name }) => name);
  await writeFileAtomic(
    out,
    encodeGeoTiff({ width, height, bands: bands.length, data, epsg, transform, bandNames }),
  );
  return { width, height, epsg, transform, least };
}

/** Throws if an image does not cover the same ground as the finest, in whole multiples of its pixels. */
function checkGrid(image: GeoTiff, finest: GeoTiff, [file, other]: readonly [string, string]): void {
  const factor = finest.width / image.width;
  if (!Number.isInteger(factor) || finest.height !== image.height * factor) {
    const [size, fine] = [image, finest].map((one) => `${one.width} × ${one.height}`);
    throw new DataError(
      `${file} has ${size} pixels, ${other} ${fine}: no whole number of these to one of those.`,
    );
  }
  const [a, b] = [image.transform, finest.transform];
  const isSame = a && b && [2, 5].every((i) => Math.abs(a[i] - b[i]) <= ALIGNED * Math.abs(b[0]));
  const isScaled = a && b && Math.abs(a[0] - factor * b[0]) <= ALIGNED * Math.abs(b[0]);
  if (image.epsg === finest.epsg && (a === b || (isSame && isScaled))) return;
  throw new DataError(`${file} and ${other} do not cover the same ground.`);
}

/** The value of an image at a pixel of a grid whose pixels are `factor` times as fine. */
function valueAt({ data, width, height }: GeoTiff, factor: number): (row: number, column: number) => number {
  if (factor === 1) return (row, column) => Number(data[row * width + column]);
  const place = (fine: number, side: number) => {
    const at = Math.min(side - 1, Math.max(0, (fine + 0.5) / factor - 0.5));
    const low = Math.min(side - 1, Math.floor(at));
    return { low, high: Math.min(side - 1, low + 1), part: at - low };
  };
  return (row, column) => {
    const [y, x] = [place(row, height), place(column, width)];
    const value = (r: number, c: number) => Number(data[r * width + c]);
    const above = value(y.low, x.low) + (value(y.low, x.high) - value(y.low, x.low)) * x.part;
    const below = value(y.high, x.low) + (value(y.high, x.high) - value(y.high, x.low)) * x.part;
    return above + (below - above) * y.part;
  };
}

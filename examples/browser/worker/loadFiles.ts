import { decodeGeoTiff, type GeoTiff } from 'diffusion-ssl/data';
import { Dataset } from './Dataset.js';

const MAX_FILE_BYTES = 256 * 2 ** 20;
const MAX_CHIPS = 512;
/** Networks halve an image five times. */
const SIZES = [64, 32];

/** What files begin with that are often called .tif and are none. */
const OTHER_FORMATS: [name: string, start: number[]][] = [
  ['JPEG', [0xff, 0xd8, 0xff]],
  ['PNG', [0x89, 0x50, 0x4e, 0x47]],
  ['ZIP', [0x50, 0x4b, 0x03, 0x04]],
  ['HDF5', [0x89, 0x48, 0x44, 0x46]],
];

/**
 * Cuts GeoTIFFs into square chips of 64 pixels (32 where one is smaller). Files that cannot be used are passed over with the reason.
 *
 * @throws If no file is of use.
 */
export async function loadFiles(files: readonly File[]): Promise<{ dataset: Dataset; problems: string[] }> {
  const problems: string[] = [];
  const images: [name: string, image: GeoTiff][] = [];
  for (const file of files) {
    try {
      images.push([file.name, await readImage(file, images[0]?.[1].bands)]);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  if (images.length === 0) {
    throw new Error([...problems, 'The chips at hand stay.'].join('\n'));
  }
  const shortest = Math.min(...images.flatMap(([, { width, height }]) => [width, height]));
  const size = SIZES.find((side) => side <= shortest)!;
  const { bands } = images[0][1];
  const bandNames = Array.from({ length: bands }, (_, i) => `band ${i + 1}`);
  const name = images.length === 1 ? images[0][0] : `${images.length} files`;
  const dataset = new Dataset(name, size, bands, bandNames);
  for (const [, image] of images) addTiles(dataset, image);
  if (dataset.chips.length === 0)
    throw new Error('The files hold no valid pixel: all are nodata. The chips at hand stay.');
  if (dataset.chips.length === MAX_CHIPS) problems.push(`Only the first ${MAX_CHIPS} chips are used.`);
  return { dataset, problems };
}

async function readImage(file: File, bands: number | undefined): Promise<GeoTiff> {
  if (file.size > MAX_FILE_BYTES) {
    throw new Error(
      `${file.name} has ${(file.size / 1e6).toFixed(0)} MB; the page takes up to ${MAX_FILE_BYTES / 2 ** 20} MB a file. Cut a part out, e.g. with gdal_translate -srcwin.`,
    );
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  const other = OTHER_FORMATS.find(([, start]) => start.every((byte, i) => bytes[i] === byte));
  if (other) {
    throw new Error(
      `${file.name} is a ${other[0]} file, whatever its name says. Convert it to GeoTIFF, e.g. with gdal_translate.`,
    );
  }
  const image = await decodeGeoTiff(bytes, { name: file.name, alpha: 'mask' });
  if (Math.min(image.width, image.height) < SIZES.at(-1)!) {
    throw new Error(`${file.name} is ${image.width} × ${image.height} pixels; at least 32 × 32 are needed.`);
  }
  if (bands !== undefined && image.bands !== bands) {
    throw new Error(
      `${file.name} has ${image.bands} bands, the files before it ${bands}. Drop files of one kind.`,
    );
  }
  return image;
}

function addTiles(dataset: Dataset, image: GeoTiff): void {
  const { size, bands } = dataset;
  const values = Float32Array.from(image.data);
  if (image.valid) for (let i = 0; i < values.length; i++) if (image.valid[i] === 0) values[i] = Number.NaN;
  for (let top = 0; top + size <= image.height; top += size) {
    for (let left = 0; left + size <= image.width; left += size) {
      if (dataset.chips.length === MAX_CHIPS) return;
      const data = new Float32Array(size * size * bands);
      for (let row = 0; row < size; row++) {
        const start = ((top + row) * image.width + left) * bands;
        data.set(values.subarray(start, start + size * bands), row * size * bands);
      }
      dataset.add({ height: size, width: size, channels: bands, data }, [], !image.dtype.startsWith('float'));
    }
  }
}

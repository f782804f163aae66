import { decodeRaster, type GeoTiff } from 'diffusion-ssl/data';
import { checkValues } from './checkValues.js';
import { Dataset } from './Dataset.js';

const MAX_FILE_BYTES = 256 * 2 ** 20;
const MAX_CHIPS = 512;
const MAX_BANDS = 512;
/** Networks halve an image five times. */
const SIZES = [64, 32];

/**
 * Cuts GeoTIFFs, PNGs and JPEGs into square chips of 64 pixels (32 where one is smaller). Files that cannot be used are
 * passed over with the reason.
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
  const empty = dataset.emptyBand();
  if (empty !== undefined) {
    const where = dataset.chips.length === 0 ? '' : ` in ${bandNames[empty]}`;
    throw new Error(`The files hold no valid pixel${where}: all are nodata. The chips at hand stay.`);
  }
  if (dataset.chips.length === MAX_CHIPS) problems.push(`Only the first ${MAX_CHIPS} chips are used.`);
  return { dataset, problems };
}

async function readImage(file: File, bands: number | undefined): Promise<GeoTiff> {
  if (file.size > MAX_FILE_BYTES) {
    throw new Error(
      `${file.name} has ${(file.size / 1e6).toFixed(0)} MB; ` +
        `the page takes up to ${MAX_FILE_BYTES / 2 ** 20} MB a file. Cut a part out, e.g. with gdal_translate -srcwin.`,
    );
  }
  const image = await decodeRaster(new Uint8Array(await file.arrayBuffer()), {
    name: file.name,
    alpha: 'mask',
  });
  if (Math.min(image.width, image.height) < SIZES.at(-1)!) {
    throw new Error(`${file.name} is ${image.width} × ${image.height} pixels; at least 32 × 32 are needed.`);
  }
  if (image.bands > MAX_BANDS) {
    throw new Error(`${file.name} has ${image.bands} bands; the page takes up to ${MAX_BANDS}.`);
  }
  if (bands !== undefined && image.bands !== bands) {
    throw new Error(
      `${file.name} has ${image.bands} bands, the files before it ${bands}. Drop files of one kind.`,
    );
  }
  checkValues(file.name, image);
  return image;
}

function addTiles(dataset: Dataset, { width, height, bands, data, valid }: GeoTiff): void {
  const { size, chips } = dataset;
  const rowLength = size * bands;
  for (let top = 0; top + size <= height; top += size) {
    for (let left = 0; left + size <= width; left += size) {
      if (chips.length === MAX_CHIPS) return;
      const chip = new Float32Array(size * rowLength);
      for (let row = 0; row < size; row++) {
        const [from, to] = [((top + row) * width + left) * bands, row * rowLength];
        for (let i = 0; i < rowLength; i++)
          chip[to + i] = valid?.[from + i] === 0 ? Number.NaN : data[from + i];
      }
      dataset.add(chip);
    }
  }
}

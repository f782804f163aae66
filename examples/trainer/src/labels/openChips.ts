import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type BandSelection, type CatalogRow, decodeChip, type LabelGrid } from 'diffusion-ssl/data';
import { openRaster } from 'diffusion-ssl/data/node';
import { DataError } from 'diffusion-ssl/errors';
import type { NormalizationOptions, NormalizedRaster } from 'diffusion-ssl/normalization';
import type { ModelBand } from 'diffusion-ssl/pretrained';
import { imageBands } from '../model/imageBands.js';

/** How chips are given to a network. */
export interface ChipScaling {
  /** Folder that the catalog's paths are relative to. */
  data: string;
  /** The network's. */
  bands: readonly ModelBand[];
  normalization: NormalizationOptions | null;
  /** Bands of the chips that it gets, by number or name. Default: by its own names, or all. */
  inputBands?: readonly string[];
  /** [height, width] that chips are cropped or padded to. Default: as they are. */
  size?: readonly [number, number];
  /** Whether another chip is looked at for the bands where one cannot be read. Default `error`: no. */
  onBadChip?: 'error' | 'skip';
}

/** A chip of a catalog. */
export interface OpenChip {
  /** Its pixels and where they lie. */
  grid: LabelGrid;
  /** Its values, as the network sees them. */
  read(): Promise<NormalizedRaster>;
}

/** The chips of a catalog, for a network; which of their bands it gets is found in the first. */
export async function openChips(
  rows: readonly CatalogRow[],
  scaling: ChipScaling,
): Promise<{ open(row: CatalogRow): Promise<OpenChip> }> {
  const { data, normalization, size } = scaling;
  const bands = await bandsOfFirst(rows, scaling);
  return {
    async open({ images }) {
      const [{ width, height, epsg, transform }] = await headersOf(images.slice(0, 1), data);
      return {
        grid: { width, height, epsg, transform },
        async read() {
          const files = await Promise.all(
            images.map(async (name) => ({ name, bytes: await bytesOf(name, data) })),
          );
          return decodeChip(files, { channels: scaling.bands.length, bands, normalization, size });
        },
      };
    },
  };
}

async function bandsOfFirst(
  rows: readonly CatalogRow[],
  scaling: ChipScaling,
): Promise<BandSelection | undefined> {
  for (const row of rows) {
    try {
      return await selectBands(row, scaling);
    } catch (error) {
      if (scaling.onBadChip !== 'skip') throw error;
    }
  }
  return undefined;
}

async function selectBands(
  { images }: CatalogRow,
  { data, bands, inputBands }: ChipScaling,
): Promise<BandSelection | undefined> {
  const headers = await headersOf(images, data);
  if (headers.length === 1) return imageBands(images[0], headers[0], bands, inputBands);
  const bandNames = headers.flatMap((info) => info.bandNames ?? new Array<null>(info.bands).fill(null));
  const whole = { bands: bandNames.length, bandNames, alphaBand: null };
  return imageBands(images.join(' and '), whole, bands, inputBands);
}

async function headersOf(images: readonly string[], dataPath: string) {
  const headers = [];
  for (const image of images) {
    const { info, close } = await openRaster(image, { dataPath });
    close();
    headers.push(info);
  }
  return headers;
}

async function bytesOf(name: string, data: string): Promise<Uint8Array> {
  if (!/^https?:/i.test(name)) return readFile(path.join(data, name));
  const answer = await fetch(name);
  if (!answer.ok) throw new DataError(`${name}: the server answers ${answer.status}.`);
  return new Uint8Array(await answer.arrayBuffer());
}

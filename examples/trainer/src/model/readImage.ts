import { readFile } from 'node:fs/promises';
import { type AffineTransform, type CrsKind, decodeChip } from 'diffusion-ssl/data';
import { openRaster } from 'diffusion-ssl/data/node';
import type { NormalizedRaster } from 'diffusion-ssl/normalization';
import { imageBands } from './imageBands.js';
import type { OpenModel } from './openModel.js';

/** Where an image lies. */
export interface Georeference {
  epsg: number | null;
  crsKind: CrsKind | null;
  transform: AffineTransform | null;
}

/** An image, scaled for a model, and where it lies. */
export interface ModelImage extends Georeference {
  image: NormalizedRaster;
}

/**
 * Reads a GeoTIFF, PNG or JPEG for a model and scales it as the model's chips were.
 *
 * @param inputBands Which of its bands the model gets (see `imageBands`).
 * @throws If it cannot be read, or has not the model's bands or a size that the network takes.
 */
export async function readImage(
  file: string,
  { bands, normalization }: Pick<OpenModel, 'bands' | 'normalization'>,
  inputBands?: readonly string[],
): Promise<ModelImage> {
  const { info, remarks, close } = await openRaster(file);
  close();
  for (const remark of remarks) console.warn(`warning: ${file}: ${remark}`);
  const chosen = imageBands(file, info, bands, inputBands);
  const files = [{ name: file, bytes: await readFile(file) }];
  const image = await decodeChip(files, { channels: bands.length, bands: chosen, normalization });
  const { epsg, crsKind, transform } = info;
  return { image, epsg, crsKind, transform };
}

import { readFile } from 'node:fs/promises';
import { type AffineTransform, type CrsKind, decodeChip, decodeGeoTiff } from 'diffusion-ssl/data';
import type { NormalizedRaster } from 'diffusion-ssl/normalization';
import type { OpenModel } from './openModel.js';

/** Where an image lies. */
export interface Georeference {
  epsg: number | null;
  crsKind: CrsKind | null;
  transform: AffineTransform | null;
}

/** A GeoTIFF, scaled for a model, and where it lies. */
export interface ModelImage extends Georeference {
  image: NormalizedRaster;
}

/**
 * Reads a GeoTIFF for a model and scales it as the model's chips were.
 *
 * @throws If it cannot be read, or has not the model's bands or a size that the network takes.
 */
export async function readImage(file: string, { bands, normalization }: OpenModel): Promise<ModelImage> {
  const bytes = await readFile(file);
  const image = await decodeChip([{ name: file, bytes }], { channels: bands.length, normalization });
  const { epsg, crsKind, transform } = await decodeGeoTiff(bytes);
  return { image, epsg, crsKind, transform };
}

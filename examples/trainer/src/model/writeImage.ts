import { encodeGeoTiff } from 'diffusion-ssl/data';
import type { Raster } from 'diffusion-ssl/normalization';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import type { Georeference } from './readImage.js';

/** Writes an image as a GeoTIFF of float32, where another one lies if that is given. */
export async function writeImage(
  file: string,
  { height, width, channels, data }: Raster,
  { epsg, crsKind, transform }: Partial<Georeference> = {},
): Promise<void> {
  const values = Float32Array.from(data);
  await writeFileAtomic(
    file,
    encodeGeoTiff({ height, width, bands: channels, data: values, epsg, crsKind, transform }),
  );
}

import { encodeGeoTiff } from 'diffusion-ssl/data';
import type { Raster } from 'diffusion-ssl/normalization';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import type { OpenModel } from './openModel.js';
import type { Georeference } from './readImage.js';

/** Writes a model's image as a GeoTIFF of float32 with the names of its bands, where another one lies if one is. */
export async function writeImage(
  file: string,
  { height, width, channels, data }: Raster,
  { bands }: Pick<OpenModel, 'bands'>,
  { epsg, crsKind, transform }: Partial<Georeference> = {},
): Promise<void> {
  const values = Float32Array.from(data);
  const bandNames = bands.map(({ name }) => name ?? null);
  await writeFileAtomic(
    file,
    encodeGeoTiff({ height, width, bands: channels, data: values, bandNames, epsg, crsKind, transform }),
  );
}

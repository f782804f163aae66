import type { AffineTransform, GeoTiffInfo } from 'diffusion-ssl/data';
import { type OpenRaster, openRaster } from 'diffusion-ssl/data/node';
import { DataError } from 'diffusion-ssl/errors';

/** A raster with its place on Earth. */
export interface Scene {
  /** Its path or address, as messages show it. */
  name: string;
  info: GeoTiffInfo & { epsg: number; transform: AffineTransform };
  /** The bands that are no alpha. */
  bands: number[];
  read: OpenRaster['read'];
  close(): void;
}

/**
 * Opens a raster that must say where on Earth it is.
 *
 * @param cacheBytes Bytes of decoded blocks that are kept.
 */
export async function openScene(image: string, cacheBytes: number): Promise<Scene> {
  const raster = await openRaster(image, { cacheBytes });
  const { name, info, read, close } = raster;
  const { epsg, transform } = info;
  if (epsg === null || transform === null) {
    close();
    throw new DataError(
      transform === null
        ? `${name}: it does not say where it is: no transform; gdal_translate -a_srs EPSG:CODE -a_ullr gives it one.`
        : `${name}: it does not name its coordinate system by an EPSG code: gdalwarp -t_srs EPSG:CODE gives it one.`,
    );
  }
  const bands = Array.from({ length: info.bands }, (_, band) => band).filter(
    (band) => band !== info.alphaBand,
  );
  return { name, info: { ...info, epsg, transform }, bands, read, close };
}

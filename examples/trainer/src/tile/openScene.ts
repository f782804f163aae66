import { type AffineTransform, findBands, type GeoTiffInfo, type PixelWindow } from 'diffusion-ssl/data';
import { type OpenRaster, openRaster } from 'diffusion-ssl/data/node';
import { DataError } from 'diffusion-ssl/errors';
import { selectionOf } from '../data/inputBands.js';

/** A raster with its place on Earth. */
export interface Scene {
  /** Its path or address, as messages show it. */
  name: string;
  /** What its header says, of bands of those that are taken. */
  info: GeoTiffInfo & { epsg: number; transform: AffineTransform };
  /** Reads a window of the bands that are taken. */
  read(window: PixelWindow): ReturnType<OpenRaster['read']>;
  close(): void;
}

/**
 * Opens a raster that must say where on Earth it is.
 *
 * @param cacheBytes Bytes of decoded blocks that are kept.
 * @param inputBands The bands that are taken, numbers from 1 on and names; default: all but alpha.
 */
export async function openScene(
  image: string,
  cacheBytes: number,
  inputBands?: readonly string[],
): Promise<Scene> {
  const raster = await openRaster(image, { cacheBytes });
  const { name, info, read, close } = raster;
  const { epsg, transform, scales, offsets, bandNames } = info;
  if (epsg === null || transform === null) {
    close();
    throw new DataError(
      transform === null
        ? `${name}: it does not say where it is: no transform; gdal_translate -a_srs EPSG:CODE -a_ullr gives it one.`
        : `${name}: it does not name its coordinate system by an EPSG code: gdalwarp -t_srs EPSG:CODE gives it one.`,
    );
  }
  const all = Array.from({ length: info.bands }, (_, band) => band + 1);
  try {
    const bands = inputBands
      ? findBands([info], selectionOf(inputBands), `--input-bands, ${name}`)
      : all.filter((band) => band - 1 !== info.alphaBand);
    const pick = <T>(values: T[] | null) => values && bands.map((band) => values[band - 1]);
    const ofBands = { scales: pick(scales), offsets: pick(offsets), bandNames: pick(bandNames) };
    return {
      name,
      info: { ...info, ...ofBands, bands: bands.length, alphaBand: null, epsg, transform },
      read: (window) => read(window, { bands }),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

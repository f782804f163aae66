import { openRaster } from 'diffusion-ssl/data/node';
import { DataError } from 'diffusion-ssl/errors';
import type { Raster } from 'diffusion-ssl/normalization';
import type { OpenModel } from '../model/openModel.js';
import { openModelScene } from '../model/openModelScene.js';
import type { Georeference } from '../model/readImage.js';
import { sceneRaster } from '../predicting/sceneRaster.js';

/** Values that a scene and its fillings may have together: 1 GiB of float32. */
const MOST_VALUES = 2 ** 28;

/**
 * Reads an image or a scene for filling, NaN where a value is missing or the mask is not 0.
 *
 * @param options `mask`: a raster of the same size; `samples`: fillings that will be held beside it; `given`: the only
 * bands that are read, from 0, of an image that need not have others.
 * @throws `DataError` if it cannot be read, has not the network's bands, is too large, or the mask has another size.
 */
export async function openFillScene(
  place: string,
  model: Pick<OpenModel, 'bands' | 'normalization'>,
  options: { inputBands?: readonly string[]; mask?: string; samples: number; given?: readonly number[] },
): Promise<{ raster: Raster; place: Georeference }> {
  const { given } = options;
  const wanted = given ? { bands: given.map((band) => model.bands[band]), normalization: null } : model;
  const scene = await openModelScene(place, wanted, options.inputBands);
  try {
    const { width, height, epsg, crsKind, transform } = scene.info;
    if (width * height * model.bands.length * (options.samples + 2) > MOST_VALUES) {
      throw new DataError(
        `${place} has ${width} × ${height} pixels, too many for ${options.samples} fillings in memory: ` +
          'take fewer --samples, or cut it by diffusion-ssl tile first.',
      );
    }
    const read = await sceneRaster(scene);
    const raster = given ? withMissing(read, given, model.bands.length) : read;
    if (options.mask !== undefined) await applyMask(options.mask, raster, place);
    return { raster, place: { epsg, crsKind, transform } };
  } finally {
    scene.close();
  }
}

/** A raster of some bands as one of all, NaN in the others. */
function withMissing(raster: Raster, bands: readonly number[], channels: number): Raster {
  const data = new Float32Array(raster.height * raster.width * channels).fill(Number.NaN);
  for (const [i, value] of raster.data.entries()) {
    const [pixel, k] = [Math.floor(i / bands.length), i % bands.length];
    data[pixel * channels + bands[k]] = value;
  }
  return { ...raster, channels, data };
}

async function applyMask(
  file: string,
  { width, height, channels, data }: Raster,
  image: string,
): Promise<void> {
  const { info, read, close } = await openRaster(file);
  try {
    if (info.width !== width || info.height !== height) {
      throw new DataError(
        `${file} has ${info.width} × ${info.height} pixels, ${image} ${width} × ${height}; ` +
          'a mask has those of its image.',
      );
    }
    const mask = await read();
    for (let pixel = 0; pixel < width * height; pixel++)
      if (mask.data[pixel * mask.bands] !== 0)
        data.fill(Number.NaN, pixel * channels, (pixel + 1) * channels);
  } finally {
    close();
  }
}

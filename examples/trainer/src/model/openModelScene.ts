import { findBands } from 'diffusion-ssl/data';
import { openRaster } from 'diffusion-ssl/data/node';
import { DataError } from 'diffusion-ssl/errors';
import type { SceneSource } from 'diffusion-ssl/maps';
import { imageBands } from './imageBands.js';
import type { OpenModel } from './openModel.js';
import { warnOfUnits } from './warnOfUnits.js';

/** A scene that is open, of the bands that a network gets. */
export interface ModelScene extends SceneSource {
  name: string;
  close(): void;
}

/**
 * Opens a raster of any size, a file or an http address, for a network.
 *
 * @param inputBands Which of its bands the network gets. Default: those of its names, or all (`imageBands`).
 * @throws If it cannot be read, or has not the network's bands.
 */
export async function openModelScene(
  place: string,
  model: Pick<OpenModel, 'bands' | 'normalization'>,
  inputBands?: readonly string[],
): Promise<ModelScene> {
  const raster = await openRaster(place);
  const { name, info, close } = raster;
  const { bands } = model;
  try {
    for (const remark of raster.remarks) console.warn(`warning: ${name}: ${remark}`);
    const chosen = imageBands(name, info, bands, inputBands);
    const numbers = chosen && findBands([info], chosen, name);
    const count = numbers?.length ?? info.bands - (info.alphaBand === null ? 0 : 1);
    if (count !== bands.length)
      throw new DataError(`${name} has ${count} bands beside alpha; the network takes ${bands.length}.`);
    const read: ModelScene['read'] = (part) => raster.read(part, numbers && { bands: numbers });
    await warnOfUnits({ name, info, read }, model);
    return { name, info, read, close };
  } catch (error) {
    close();
    throw error;
  }
}

import { DataError } from '../../errors/DataError.js';
import type { ChosenBands } from '../chipRasters.js';
import type { ChipOptions } from '../decodeChip.js';
import type { GeoTiffInfo } from '../geoTiffTypes.js';
import { type BandInfo, bandInfo } from '../pickBands.js';

/**
 * What the values of a chip's rasters stand for by the scale and offset tags of their files, as a text: '' where there
 * are none. Values are not scaled by them, so chips in which they differ do not go together.
 */
export function scalingOfRasters(rasters: readonly Pick<GeoTiffInfo, 'scales' | 'offsets'>[]): string {
  if (rasters.every(({ scales, offsets }) => !scales && !offsets)) return '';
  return rasters
    .map(({ scales, offsets }) => `scale ${scales?.join(', ') ?? 1}, offset ${offsets?.join(', ') ?? 0}`)
    .join('; ');
}

/** As {@link scalingOfRasters}, of the bands that a chip is made of, in its order, where they are chosen. */
export function chosenScaling(
  rasters: readonly BandInfo[],
  chosen: readonly ChosenBands[],
  { bands }: Pick<ChipOptions, 'bands'>,
): string {
  if (!bands) return scalingOfRasters(rasters);
  const some = rasters.map((raster, i) => bandInfo(raster, chosen[i].bands));
  return scalingOfRasters(some.filter((raster) => raster.bands > 0));
}

/** Throws unless a chip's scaling is that of the others. */
export function checkScaling(name: string, scaling: string, expected: string | undefined): void {
  if (expected === undefined || scaling === expected) return;
  const text = (one: string) => (one === '' ? 'no scale and offset' : one);
  throw new DataError(
    `${name}: its tags give its values the ${text(scaling)}, those of the other chips ${text(expected)}; ` +
      'bring all to the same units: gdal_translate -unscale -ot Float32 FILE unscaled.tif',
  );
}

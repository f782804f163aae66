import { argumentError, checkNumber } from '../internal/checks.js';
import type { Raster } from '../internal/raster.js';
import type { NormalizationParameters } from './bandStatisticsTypes.js';
import { mixBands } from './whitening.js';

/**
 * Undoes {@link normalizeRaster}: `value * scale + offset`, band by band, in the units that the raster had; values of
 * `'whiten'` are mixed before. What the
 * normalisation cut off (values limited to [0, 1] or to percentiles, missing pixels) does not come back.
 *
 * @param raster Normalised values, height × width × channels; not changed.
 * @param parameters Those of one chip (`normalizeRaster(…).parameters`), or typical ones of a data set
 * (`typicalParameters`).
 * @returns A new raster of the same shape.
 * @throws If there is not one finite offset and scale a band.
 * @example
 * import { denormalizeRaster, normalizeRaster } from 'diffusion-ssl/normalization';
 * const decibels = { height: 1, width: 3, channels: 1, data: new Float32Array([-25, -10, -5]) };
 * const normalized = normalizeRaster(decibels);
 * console.log(denormalizeRaster(normalized, normalized.parameters).data); // -25, -10, -5
 */
export function denormalizeRaster(raster: Raster, parameters: NormalizationParameters): Raster {
  const { height, width, channels, data } = raster;
  for (const key of ['offset', 'scale'] as const) {
    const values = parameters[key];
    if (values.length !== channels) {
      throw argumentError(
        `denormalizeRaster: parameters.${key}.length`,
        values.length,
        `the raster's ${channels} bands`,
      );
    }
    for (const value of values) checkNumber(`denormalizeRaster: parameters.${key}`, value);
  }
  const { offset, scale, mixing } = parameters;
  const values = mixing ? mixBands(data, mixing) : data;
  const out = new Float32Array(data.length);
  for (let band = 0; band < channels; band++) {
    for (let i = band; i < data.length; i += channels) out[i] = values[i] * scale[band] + offset[band];
  }
  return { height, width, channels, data: out };
}

import type { MetadataField } from './encodeMetadata.js';

/**
 * The metadata of DiffusionSat in the order and ranges of its weights (Khanna et al., "DiffusionSat: A Generative
 * Foundation Model for Satellite Imagery", 2024), for `encodeMetadata`. What is not known was given to it as the
 * encoded number 0, and the unconditional half of its guidance is all zeros.
 *
 * @example
 * ```ts
 * import { diffusionSatFields, encodeMetadata } from 'diffusion-ssl/normalization';
 *
 * const metadata = encodeMetadata([13.4, 52.52, 0.5, 12, 2016, 7, 14], diffusionSatFields);
 * console.log(metadata[2], metadata[3]); // 500, 120
 * ```
 */
export const diffusionSatFields: readonly MetadataField[] = [
  { name: 'lon', range: [-180, 180], unit: 'degrees' },
  { name: 'lat', range: [-90, 90], unit: 'degrees' },
  { name: 'gsd', range: [0, 1], unit: 'm' },
  { name: 'cloud_cover', range: [0, 100], unit: '%' },
  { name: 'year', range: [1980, 2100] },
  { name: 'month', range: [0, 12] },
  { name: 'day', range: [0, 31] },
];

import type { BandStatistics } from 'diffusion-ssl/normalization';
import { type Fields, isFields } from './SavedFields.js';

const KEYS = ['count', 'min', 'max', 'mean', 'std', 'firstBands'];

/** The statistics of so many bands that a file holds: the lists that are whole. Undefined where there are none. */
export function statisticsOf(value: unknown, bands: number): BandStatistics | undefined {
  if (!isFields(value)) return undefined;
  const statistics = listsOf(value, bands);
  const { correlation } = value;
  if (
    Array.isArray(correlation) &&
    correlation.length === bands &&
    correlation.every((row) => isWhole(row, bands))
  )
    statistics.correlation = correlation;
  for (const key of ['lab', 'lpb']) if (isFields(value[key])) statistics[key] = listsOf(value[key], bands);
  return Object.keys(statistics).length > 0 ? statistics : undefined;
}

function listsOf(value: Fields, bands: number): Fields {
  return Object.fromEntries(KEYS.filter((key) => isWhole(value[key], bands)).map((key) => [key, value[key]]));
}

function isWhole(list: unknown, bands: number): boolean {
  return Array.isArray(list) && list.length === bands && list.every((item) => Number.isFinite(item));
}

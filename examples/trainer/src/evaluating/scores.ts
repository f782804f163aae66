import type { SetDistances } from './compareSets.js';
import type { Measured, MeasuredSeed } from './Measured.js';
import type { NearestChip } from './nearestChips.js';

/** A number that a set of images gets, with what the table and the plot call it. */
export interface Score {
  key: string;
  title: string;
  of(seed: Pick<MeasuredSeed, 'distances'>): number;
  /** Whether more is better. */
  isShare?: boolean;
}

const of = (key: keyof Omit<SetDistances, 'bands'>) => (seed: Pick<MeasuredSeed, 'distances'>) =>
  seed.distances[key];

/** What sets are compared by, in the order of the table. */
export const SCORES: readonly Score[] = [
  { key: 'frechet', title: 'Fréchet distance', of: of('frechet') },
  { key: 'kernel', title: 'kernel distance', of: of('kernel') },
  { key: 'precision', title: 'precision', of: of('precision'), isShare: true },
  { key: 'recall', title: 'recall', of: of('recall'), isShare: true },
  { key: 'histogram', title: 'values', of: of('histogram') },
  { key: 'spectrum', title: 'spectrum, dB', of: of('spectrum') },
];

/** How near samples are to training chips. */
export interface Nearness {
  /** Medians. */
  distance: number;
  ratio: number;
  /** Of the samples, how many have a smaller ratio than every held-out chip. */
  nearer: number;
}

/** How near images are to the training chips, beside held-out chips. */
export function nearness(nearest: readonly NearestChip[], held: Measured['held']): Nearness {
  const least = Math.min(...held.nearest.map(({ ratio }) => ratio));
  return {
    distance: median(nearest.map(({ distance }) => distance)),
    ratio: median(nearest.map(({ ratio }) => ratio)),
    nearer: nearest.filter(({ ratio }) => ratio < least).length,
  };
}

/** Mean and, of several, standard deviation. */
export function meanOf(values: readonly number[]): { mean: number; deviation?: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return { mean };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

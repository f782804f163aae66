import { DataError } from 'diffusion-ssl/errors';

/** What the values of radar images are: decibels, or the intensity itself (σ⁰, γ⁰ or β⁰). */
export type SarUnits = 'db' | 'linear';

/** Values that are enough to tell by. */
export const ENOUGH = 100;

/**
 * Tells decibels from intensities, which are never below 0, by some values of both polarizations.
 *
 * @param values Finite and none of them 0.
 * @throws If they are neither, such as digital numbers that are not calibrated.
 */
export function sarUnits(name: string, values: Float64Array): SarUnits {
  const sorted = values.slice().sort();
  const median = sorted[Math.floor(sorted.length / 2)];
  const negative = sorted.findIndex((value) => value > 0);
  const share = (negative < 0 ? sorted.length : negative) / sorted.length;
  // The noise that is taken from an intensity can leave a little below 0.
  if (share < 0.05 && median < 5) return 'linear';
  if (share > 0.5 && median > -60) return 'db';
  const seen = `their median is ${median.toPrecision(3)}, and ${(100 * share).toFixed(0)} % are below 0`;
  throw new DataError(
    `${name}: its values are neither decibels nor intensities: ${seen}. Calibrate digital numbers first; where you ` +
      'know what they are, say so by --units.',
  );
}

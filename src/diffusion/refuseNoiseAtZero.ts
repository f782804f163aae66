import { argumentError } from '../internal/checks.js';
import type { PredictionType } from './predictionType.js';

/**
 * Throws where a noise prediction would be of an image that is nothing but noise (zero terminal SNR): it says nothing
 * of x0, which divides by ᾱ.
 */
export function refuseNoiseAtZero(
  alphaBars: ArrayLike<number>,
  predictionType: PredictionType = 'noise',
): void {
  if (predictionType !== 'noise' || alphaBars[alphaBars.length - 1] > 0) return;
  const accepted = "'v' or 'x0' where alphaBars ends at 0 (zero terminal SNR), an image of noise alone";
  throw argumentError('predictionType', predictionType, accepted);
}

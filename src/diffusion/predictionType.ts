import { argumentError, checkOneOf } from '../internal/checks.js';

/**
 * What a denoiser predicts: the noise (diffusers calls it `epsilon`), the clean image x0 (diffusers: `sample`) or the
 * velocity v = √ᾱ · noise − √(1 − ᾱ) · x0 (diffusers: `v_prediction`). One word each: diffusers' words are not
 * accepted.
 */
export type PredictionType = 'noise' | 'x0' | 'v';

/** Options of `predictX0`, `predictNoise` and `predictV`. */
export interface PredictionOptions {
  /** ᾱ of the schedule. */
  alphaBars: ArrayLike<number>;
  /** What the prediction at hand is. Default `'noise'`. */
  predictionType?: PredictionType;
}

/** The accepted values of {@link PredictionType}. */
export const PREDICTION_TYPES = ['noise', 'x0', 'v'] as const;

/**
 * Two factors: `target` = first · x_t + second · prediction, from x_t = a · x0 + s · noise and v = a · noise − s · x0
 * with a² = ᾱ and s² = 1 − ᾱ.
 *
 * @throws If ᾱ is 0 or 1 where the conversion divides by a or s.
 */
export function conversionFactors(
  target: PredictionType,
  predictionType: PredictionType,
  alphaBar: number,
): readonly [xT: number, prediction: number] {
  checkOneOf('predictionType', predictionType, PREDICTION_TYPES);
  if (target === predictionType) return [0, 1];
  const a = Math.sqrt(alphaBar);
  const s = Math.sqrt(1 - alphaBar);
  const divisor = predictionType === 'noise' ? a : predictionType === 'x0' ? s : 1;
  if (divisor === 0) {
    throw argumentError(
      'alphaBars[t]',
      alphaBar,
      `${a === 0 ? 'above 0' : 'below 1'} for predictionType '${predictionType}'`,
    );
  }
  if (predictionType === 'v') return target === 'x0' ? [a, -s] : [s, a];
  if (predictionType === 'noise') return target === 'x0' ? [1 / a, -s / a] : [-s / a, 1 / a];
  return target === 'noise' ? [1 / s, -a / s] : [a / s, -1 / s];
}

import { argumentError, checkOneOf } from '../internal/checks.js';
import { computeSnr } from './computeSnr.js';
import { PREDICTION_TYPES, type PredictionType } from './predictionType.js';

/** Options of {@link minSnrWeights}. */
export interface MinSnrOptions {
  /** Largest signal-to-noise ratio that counts, above 0. Default 5, the paper's. */
  gamma?: number;
  /** What the network predicts and the squared error is taken of. Default `'noise'`. */
  predictionType?: PredictionType;
}

/**
 * Min-SNR-γ loss weight of every timestep, in float64 (Hang et al. 2023, "Efficient diffusion training via min-SNR
 * weighting strategy"; diffusers' `--snr_gamma`).
 *
 * min(SNR, γ) for x0 prediction, divided by SNR for noise prediction and by SNR + 1 for v prediction. The limits are
 * taken where ᾱ is 0 or 1, so no weight is NaN. Look the batch's weights up with `gatherSchedule` and hand them to a
 * loss as `weights`.
 *
 * @param alphaBars T values in [0, 1].
 * @returns T weights of at least 0, without unit.
 * @throws If a value is not in [0, 1], gamma is not above 0 or the prediction type is unknown.
 * @example
 * ```ts
 * import { minSnrWeights } from 'diffusion-ssl/diffusion';
 *
 * console.log(minSnrWeights([0.9, 0.5], { gamma: 3 })); // SNR 9 and 1: weights 1/3 and 1
 * ```
 */
export function minSnrWeights(alphaBars: ArrayLike<number>, options: MinSnrOptions = {}): Float64Array {
  const { gamma = 5, predictionType = 'noise' } = options;
  if (!(gamma > 0 && gamma < Infinity)) {
    throw argumentError('minSnrWeights: gamma', gamma, 'a finite number above 0');
  }
  checkOneOf('minSnrWeights: predictionType', predictionType, PREDICTION_TYPES);
  return computeSnr(alphaBars).map((snr) => {
    if (predictionType === 'noise') return Math.min(1, gamma / snr);
    return Math.min(snr, gamma) / (predictionType === 'v' ? snr + 1 : 1);
  });
}

import * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from '../internal/checks.js';
import type { SolverState } from './solve.js';

/** Karras' noise that a step adds before it removes more (Karras et al. 2022, algorithm 2). */
export interface Churn {
  /** S_churn: how much, over all steps; a step's σ grows by at most √2 − 1. Default 0. */
  amount?: number;
  /** S_tmin: smallest σ at which noise is added. Default 0. */
  min?: number;
  /** S_tmax: largest σ at which noise is added. Default: none. */
  max?: number;
  /** S_noise: factor on the noise, slightly above 1 against lost detail. Default 1. */
  noise?: number;
  /**
   * Whether the denoiser sees x̂ before the noise is added, and the level before, as in diffusers, in place of after,
   * as in the paper. Default false.
   */
  predictBefore?: boolean;
}

/** x̂ and σ after churn, and x0 estimated there. */
export function churn(
  state: SolverState,
  { amount = 0, min = 0, max = Number.POSITIVE_INFINITY, noise = 1, predictBefore = false }: Churn = {},
): { x: tf.Tensor; sigma: number; x0: tf.Tensor } {
  checkNumber('churn.amount', amount, 0);
  checkNumber('churn.min', min, 0);
  checkNumber('churn.noise', noise, 0);
  if (max !== Number.POSITIVE_INFINITY) checkNumber('churn.max', max, min);
  const { x, sigma, steps, predict, toX0 } = state;
  const gamma = sigma >= min && sigma <= max ? Math.min(amount / steps, Math.SQRT2 - 1) : 0;
  if (gamma === 0) return { x, sigma, x0: state.denoise(x, sigma) };
  const level = sigma * (1 + gamma);
  const noisy = tf.add(x, tf.mul(state.draw(), noise * Math.sqrt(level ** 2 - sigma ** 2)));
  const prediction = predictBefore ? predict(x, sigma) : predict(noisy, level);
  return { x: noisy, sigma: level, x0: toX0(noisy, level, prediction) };
}

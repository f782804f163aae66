import { checkNumber } from '../internal/checks.js';

/** What {@link edmFactors} returns. */
export interface EdmFactors {
  /** Share of the noisy image in the estimate: c_skip = σ_data² / (σ² + σ_data²). */
  skip: number;
  /** Factor of the network's output in it: c_out = σ · σ_data / √(σ² + σ_data²). */
  out: number;
  /** Factor of the noisy image that the network is given: c_in = 1 / √(σ² + σ_data²). */
  in: number;
  /** The timestep that the network is told: c_noise = ln(σ) / 4. */
  noise: number;
  /**
   * Weight of the squared error of the estimate in the loss: λ = (σ² + σ_data²) / (σ · σ_data)², which is 1 / c_out².
   */
  weight: number;
}

/**
 * EDM's preconditioning at a noise level, in float64: the clean image is estimated from x̂ = x0 + σ · noise as D =
 * c_skip · x̂ + c_out · F(c_in · x̂, c_noise), where F is the network (Karras et al. 2022, "Elucidating the design
 * space of diffusion-based generative models", table 1).
 *
 * @param sigma noise level σ, above 0.
 * @param sigmaData standard deviation of the data. Default 0.5.
 * @throws {ConfigError} If an argument is not finite or not above 0.
 * @example
 * ```ts
 * import { edmFactors } from 'diffusion-ssl/diffusion';
 *
 * console.log(edmFactors(0.5).skip); // 0.5
 * ```
 */
export function edmFactors(sigma: number, sigmaData = 0.5): EdmFactors {
  checkNumber('edmFactors: sigma', sigma, Number.MIN_VALUE);
  checkNumber('edmFactors: sigmaData', sigmaData, Number.MIN_VALUE);
  const total = sigma ** 2 + sigmaData ** 2;
  const out = (sigma * sigmaData) / Math.sqrt(total);
  return {
    skip: sigmaData ** 2 / total,
    out,
    in: 1 / Math.sqrt(total),
    noise: Math.log(sigma) / 4,
    weight: 1 / out ** 2,
  };
}

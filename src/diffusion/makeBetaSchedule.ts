import { ConfigError } from '../errors/ConfigError.js';
/**
 * Form of a noise schedule.
 *
 * `'cosine'` is that of ClarkCGA's eofm-tutorial (offset 0.001 / 1.001, betas limited to [betaStart, betaEnd]) and
 * `'squaredcos_cap_v2'` the published one of Nichol & Dhariwal 2021 (offset 0.008 / 1.008, betas at most 0.999).
 * They differ most at the end: with T = 1000 and the default betaEnd of 0.02, ᾱ_T is 3.2e-3 for `'cosine'` and
 * 2.4e-9 for `'squaredcos_cap_v2'`. With the former the noisiest training image still holds √ᾱ_T = 5.7 % of the clean
 * image's amplitude, which leaks its mean brightness: the network learns to rely on it, and sampling, which starts
 * from pure noise, then tends to a middling brightness (Lin et al. 2024, "Common diffusion noise schedules and sample
 * steps are flawed"). The latter leaks next to nothing, but a noise prediction has to be divided by √ᾱ_T = 4.9e-5 to
 * estimate the image at the last timestep: clip that estimate.
 */
export type BetaScheduleType = 'linear' | 'cosine' | 'squaredcos_cap_v2' | 'scaled_linear' | 'sigmoid';

/** Options of {@link makeBetaSchedule}. */
export interface BetaScheduleOptions {
  /** Form of the schedule. Default `'cosine'`. */
  type?: BetaScheduleType;
  /** First (smallest) beta, in [0, 1]. Default 1e-6. Not read by `'squaredcos_cap_v2'`. */
  betaStart?: number;
  /** Last (largest) beta, in [betaStart, 1]. Default 0.02. Not read by `'squaredcos_cap_v2'`. */
  betaEnd?: number;
}

/**
 * Variances β_t of the noise that each forward step adds, in float64.
 *
 * Follows diffusers' `beta_schedule` for the types of its names, and eofm-tutorial's `make_beta_schedule` for
 * `'linear'` and `'cosine'` (see {@link BetaScheduleType} for the two cosines). The betas are not scaled with the
 * number of timesteps: ten linear steps up to 0.02 leave ᾱ_T at 0.904, an image hardly noised.
 *
 * @param timesteps number T of timesteps, from 1 to a million.
 * @returns T betas in [0, 1], without unit.
 * @throws If an argument is out of its range or the type is unknown (names are case-sensitive).
 * @example
 * ```ts
 * import { makeBetaSchedule } from 'diffusion-ssl/diffusion';
 *
 * const betas = makeBetaSchedule(1000, { type: 'linear', betaStart: 1e-4, betaEnd: 0.02 });
 * console.log(betas[0], betas[999]); // 0.0001 0.02
 * ```
 */
export function makeBetaSchedule(timesteps: number, options: BetaScheduleOptions = {}): Float64Array {
  const { type = 'cosine', betaStart = 1e-6, betaEnd = 0.02 } = options;
  const line = (start: number, end: number, i: number) =>
    i === 0 ? start : start + ((end - start) * i) / (timesteps - 1);
  const cosine = (offset: number, i: number) => {
    const root = (step: number) => Math.cos((((step / timesteps + offset) / (1 + offset)) * Math.PI) / 2);
    return 1 - (root(i + 1) / root(i)) ** 2;
  };
  const formulas: Record<BetaScheduleType, (i: number) => number> = {
    linear: (i) => line(betaStart, betaEnd, i),
    cosine: (i) => Math.min(Math.max(cosine(0.001, i), betaStart), betaEnd),
    squaredcos_cap_v2: (i) => Math.min(cosine(0.008, i), 0.999),
    scaled_linear: (i) => line(Math.sqrt(betaStart), Math.sqrt(betaEnd), i) ** 2,
    sigmoid: (i) => betaStart + (betaEnd - betaStart) / (1 + Math.exp(-line(-6, 6, i))),
  };
  // Its own check instead of the shared ones: this function alone stays below 1 KB minified.
  const check = (accepted: boolean, argument: string, received: unknown, range: string) => {
    if (!accepted)
      throw new ConfigError(`makeBetaSchedule: ${argument} is ${received}; it must be ${range}.`);
  };
  const types = Object.keys(formulas);
  check(types.includes(type), 'type', `'${type}'`, `one of ${types.join(', ')}`);
  check(timesteps > 0 && Number.isInteger(timesteps), 'timesteps', timesteps, 'an integer of at least 1');
  check(timesteps <= 1e6, 'timesteps', timesteps, 'at most 1000000');
  check(betaStart >= 0 && betaStart <= 1, 'betaStart', betaStart, 'in [0, 1]');
  check(betaEnd >= betaStart && betaEnd <= 1, 'betaEnd', betaEnd, `in [${betaStart}, 1]`);
  return Float64Array.from({ length: timesteps }, (_, i) => formulas[type](i));
}

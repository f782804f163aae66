import { checkInteger, checkNumber } from '../../internal/checks.js';

/** Options of {@link cosineSchedule}. */
export interface CosineScheduleOptions {
  /** What the cosine begins with. */
  base: number;
  /** What it goes to; its last value is still a step away. */
  final: number;
  epochs: number;
  stepsPerEpoch: number;
  /** Epochs in which the value first rises linearly to `base`. Default 0. */
  warmupEpochs?: number;
  /** What the rise begins with. Default 0. */
  warmupStart?: number;
}

/**
 * A value for each step of a run: a linear warm-up, then half a cosine. DINO's `cosine_scheduler`, by which its
 * learning rate, weight decay and the teacher's momentum go.
 *
 * As there, `base` stands twice, at the end of the warm-up and at the beginning of the cosine, and `final` is never
 * reached.
 *
 * @throws If a number is out of range.
 * @example
 * ```ts
 * import { cosineSchedule } from 'diffusion-ssl/ssl/dino';
 *
 * const momentum = cosineSchedule({ base: 0.996, final: 1, epochs: 100, stepsPerEpoch: 50 });
 * console.log(momentum.length, momentum[0]); // 5000 0.996
 * ```
 */
export function cosineSchedule(options: CosineScheduleOptions): Float64Array {
  const { base, final, epochs, stepsPerEpoch, warmupEpochs = 0, warmupStart = 0 } = options;
  checkInteger('cosineSchedule: epochs', epochs, 0);
  checkInteger('cosineSchedule: stepsPerEpoch', stepsPerEpoch, 1);
  checkInteger('cosineSchedule: warmupEpochs', warmupEpochs, 0, epochs);
  for (const [key, value] of Object.entries({ base, final, warmupStart })) {
    checkNumber(`cosineSchedule: ${key}`, value);
  }
  const warmup = warmupEpochs * stepsPerEpoch;
  const steps = epochs * stepsPerEpoch - warmup;
  return Float64Array.from({ length: warmup + steps }, (_, i) => {
    if (i < warmup)
      return warmup === 1 ? warmupStart : warmupStart + ((base - warmupStart) * i) / (warmup - 1);
    return final + 0.5 * (base - final) * (1 + Math.cos((Math.PI * (i - warmup)) / steps));
  });
}

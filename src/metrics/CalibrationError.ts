import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import { ratio } from './labels.js';

/** Options of {@link CalibrationError}. */
export interface CalibrationErrorOptions {
  /** Number of equal bins of [0, 1] that the confidences are sorted into. Default 15. */
  bins?: number;
}

/** One bin of a reliability diagram. */
export interface ReliabilityBin {
  /** How many samples are in it. */
  count: number;
  /** Mean confidence of these; 0 without samples. */
  confidence: number;
  /** Share of these whose class is right; 0 without samples. */
  accuracy: number;
}

/**
 * Expected calibration error: how far the highest probabilities are from the share of predictions that are right, the
 * mean of |accuracy − confidence| over bins of equal width, by how many samples each holds (Guo et al. 2017, "On
 * calibration of modern neural networks"). Fed batch by batch.
 *
 * @example
 * ```ts
 * import { CalibrationError } from 'diffusion-ssl/metrics';
 *
 * const calibration = new CalibrationError();
 * calibration.add([0, 1], [0.8, 0.2, 0.8, 0.2]);
 * console.log(calibration.value()); // 0.3: half are right, at a confidence of 0.8
 * ```
 */
export class CalibrationError {
  readonly #counts: Float64Array;
  readonly #confidences: Float64Array;
  readonly #right: Float64Array;

  /** @throws If `bins` is not an integer of at least 1. */
  constructor(options: CalibrationErrorOptions = {}) {
    const { bins = 15 } = options;
    checkInteger('CalibrationError: bins', bins, 1);
    this.#counts = new Float64Array(bins);
    this.#confidences = new Float64Array(bins);
    this.#right = new Float64Array(bins);
  }

  /**
   * Adds samples or pixels.
   *
   * @param reference the class of each, from 0.
   * @param probabilities row-major [samples, classes], in [0, 1]. Of equal ones the first class is the predicted one.
   * @throws If the lengths do not fit, a label is no class or a probability is out of range; nothing is then added.
   */
  add(reference: ArrayLike<number>, probabilities: ArrayLike<number>): void {
    const name = 'CalibrationError.add';
    if (reference.length === 0 && probabilities.length === 0) return;
    const classes = probabilities.length / reference.length;
    if (!Number.isInteger(classes) || classes < 2) {
      const accepted = `${reference.length} times the number of classes, at least 2`;
      throw argumentError(`${name}: probabilities.length`, probabilities.length, accepted);
    }
    for (let i = 0; i < reference.length; i++) {
      checkInteger(`${name}: reference[${i}]`, reference[i], 0, classes - 1);
    }
    for (let i = 0; i < probabilities.length; i++) {
      checkNumber(`${name}: probabilities[${i}]`, probabilities[i], 0, 1);
    }
    const bins = this.#counts.length;
    for (let i = 0; i < reference.length; i++) {
      let predicted = 0;
      for (let k = 1; k < classes; k++) {
        if (probabilities[i * classes + k] > probabilities[i * classes + predicted]) predicted = k;
      }
      const confidence = probabilities[i * classes + predicted];
      const bin = Math.min(Math.floor(confidence * bins), bins - 1);
      this.#counts[bin]++;
      this.#confidences[bin] += confidence;
      this.#right[bin] += Number(predicted === reference[i]);
    }
  }

  /** The error, in [0, 1]; 0 before anything is added. */
  value(): number {
    let [sum, total] = [0, 0];
    for (const [bin, count] of this.#counts.entries()) {
      sum += Math.abs(this.#right[bin] - this.#confidences[bin]);
      total += count;
    }
    return ratio(sum, total);
  }

  /** What the error is made of, bin by bin: the points of a reliability diagram. */
  reliability(): ReliabilityBin[] {
    return Array.from(this.#counts, (count, bin) => ({
      count,
      confidence: ratio(this.#confidences[bin], count),
      accuracy: ratio(this.#right[bin], count),
    }));
  }
}

import { argumentError, checkNumber } from '../internal/checks.js';
import { checkBinary, checkLength, ratio } from './labels.js';

/** Options of {@link BinaryMetrics}. */
export interface BinaryMetricsOptions {
  /** A score strictly above it is positive. Default 0.5. */
  threshold?: number;
}

/**
 * Counts and scores of a binary map, fed chip by chip (eofm-tutorial's `BinaryMetrics`).
 *
 * A score whose denominator is 0 is 0: no score is ever NaN. The area under the ROC curve, which needs the scores
 * themselves, is `AreaUnderRoc`.
 *
 * @example
 * ```ts
 * import { BinaryMetrics } from 'diffusion-ssl/metrics';
 *
 * const metrics = new BinaryMetrics();
 * metrics.add([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1]);
 * console.log(metrics.tp, metrics.fn, metrics.fp, metrics.tn); // 1 1 1 1
 * console.log(metrics.f1()); // 0.5
 * ```
 */
export class BinaryMetrics {
  /** Positives predicted as such. */
  tp = 0;
  /** Negatives predicted as positive. */
  fp = 0;
  /** Positives predicted as negative. */
  fn = 0;
  /** Negatives predicted as such. */
  tn = 0;
  readonly #threshold: number;

  /** @throws If the threshold is not finite. */
  constructor(options: BinaryMetricsOptions = {}) {
    const { threshold = 0.5 } = options;
    checkNumber('BinaryMetrics: threshold', threshold);
    this.#threshold = threshold;
  }

  /**
   * Adds the pixels of a chip or a batch.
   *
   * @param reference 0 or 1 for each pixel.
   * @param scores a score for each pixel, compared with the threshold.
   * @param prediction 0 or 1 for each pixel, in place of that comparison.
   * @throws If the lengths differ, a label is neither 0 nor 1, or a score is NaN; nothing is then added.
   */
  add(reference: ArrayLike<number>, scores: ArrayLike<number>, prediction?: ArrayLike<number>): void {
    const name = 'BinaryMetrics.add';
    checkLength(name, 'scores', scores, reference);
    if (prediction !== undefined) checkLength(name, 'prediction', prediction, reference);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < reference.length; i++) {
      checkBinary(name, 'reference', reference, i);
      if (Number.isNaN(scores[i])) throw argumentError(`${name}: scores[${i}]`, scores[i], 'a number');
      if (prediction !== undefined) checkBinary(name, 'prediction', prediction, i);
      const isPositive = prediction === undefined ? scores[i] > this.#threshold : prediction[i] === 1;
      counts[2 * reference[i] + Number(isPositive)]++;
    }
    this.tn += counts[0];
    this.fp += counts[1];
    this.fn += counts[2];
    this.tp += counts[3];
  }

  /** Share of the pixels that are right. */
  accuracy(): number {
    return ratio(this.tp + this.tn, this.tp + this.tn + this.fp + this.fn);
  }

  /** Intersection over union of the positives (Jaccard index). */
  iou(): number {
    return ratio(this.tp, this.tp + this.fp + this.fn);
  }

  /** Share of the predicted positives that are right. */
  precision(): number {
    return ratio(this.tp, this.tp + this.fp);
  }

  /** Share of the positives that are found (sensitivity). */
  recall(): number {
    return ratio(this.tp, this.tp + this.fn);
  }

  /** Harmonic mean of precision and recall. */
  f1(): number {
    return ratio(2 * this.tp, 2 * this.tp + this.fp + this.fn);
  }

  /** Share of the negatives that are predicted as positive. */
  falsePositiveRate(): number {
    return ratio(this.fp, this.fp + this.tn);
  }

  /** True skill statistic, sensitivity + specificity − 1, in [−1, 1]; 0 unless both classes occur. */
  tss(): number {
    const hasBoth = this.tp + this.fn > 0 && this.fp + this.tn > 0;
    return hasBoth ? this.recall() - this.falsePositiveRate() : 0;
  }
}

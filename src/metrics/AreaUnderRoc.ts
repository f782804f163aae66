import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import { checkBinary, checkLength } from './labels.js';

/** Options of {@link AreaUnderRoc}. */
export interface AreaUnderRocOptions {
  /**
   * Number of equal bins of [0, 1] that the scores are sorted into, which bounds the memory; scores that share a bin
   * count as ties, so the area is off by at most half the share of (positive, negative) pairs that do. Default: none;
   * the area is exact and the memory grows with the number of different scores.
   */
  bins?: number;
}

/**
 * Area under the ROC curve, fed chip by chip: the probability that a positive scores higher than a negative, ties
 * counting one half (Hanley & McNeil 1982; scikit-learn's `roc_auc_score`).
 *
 * @example
 * ```ts
 * import { AreaUnderRoc } from 'diffusion-ssl/metrics';
 *
 * const area = new AreaUnderRoc();
 * area.add([1, 0], [0.8, 0.3]);
 * area.add([1, 0], [0.5, 0.5]);
 * console.log(area.value()); // 0.875: of four pairs three are in order and one is a tie
 * ```
 */
export class AreaUnderRoc {
  readonly #bins: number | undefined;
  /** Number of negatives and positives of each score or bin. */
  readonly #counts = new Map<number, [number, number]>();

  /** @throws If `bins` is not an integer of at least 2. */
  constructor(options: AreaUnderRocOptions = {}) {
    const { bins } = options;
    if (bins !== undefined) checkInteger('AreaUnderRoc: bins', bins, 2);
    this.#bins = bins;
  }

  /**
   * Adds the pixels of a chip or a batch.
   *
   * @param reference 0 or 1 for each pixel.
   * @param scores a score for each pixel, finite, and in [0, 1] with `bins`.
   * @throws If the lengths differ, a label is neither 0 nor 1, or a score is out of range; nothing is then added.
   */
  add(reference: ArrayLike<number>, scores: ArrayLike<number>): void {
    const name = 'AreaUnderRoc.add';
    checkLength(name, 'scores', scores, reference);
    const bins = this.#bins;
    const range = bins === undefined ? [] : [0, 1];
    for (let i = 0; i < reference.length; i++) {
      checkBinary(name, 'reference', reference, i);
      checkNumber(`${name}: scores[${i}]`, scores[i], ...range);
    }
    for (let i = 0; i < reference.length; i++) {
      const key = bins === undefined ? scores[i] : Math.min(Math.floor(scores[i] * bins), bins - 1);
      const count = this.#counts.get(key);
      if (count === undefined) this.#counts.set(key, reference[i] === 0 ? [1, 0] : [0, 1]);
      else count[reference[i]]++;
    }
  }

  /**
   * The area, in [0, 1].
   *
   * @throws If the pixels added are all positive or all negative, where it is not defined.
   */
  value(): number {
    let [negatives, positives, ordered] = [0, 0, 0];
    for (const [, [negative, positive]] of [...this.#counts].sort(([a], [b]) => a - b)) {
      ordered += positive * (negatives + negative / 2);
      negatives += negative;
      positives += positive;
    }
    if (negatives === 0 || positives === 0) {
      throw argumentError(
        'AreaUnderRoc.value: reference',
        `${positives} positives and ${negatives} negatives`,
        'both 0 and 1 somewhere',
      );
    }
    return ordered / (negatives * positives);
  }
}

import { argumentError } from '../internal/checks.js';
import { checkBinary, checkLength } from './labels.js';
import { RankedScores, type RankedScoresOptions } from './RankedScores.js';

/** Options of {@link AreaUnderRoc}. */
export interface AreaUnderRocOptions extends RankedScoresOptions {}

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
  readonly #ranked: RankedScores;

  /** @throws If `bins` is not an integer of at least 2. */
  constructor(options: AreaUnderRocOptions = {}) {
    this.#ranked = new RankedScores('AreaUnderRoc', options);
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
    for (let i = 0; i < reference.length; i++) {
      checkBinary(name, 'reference', reference, i);
      this.#ranked.check(`${name}: scores[${i}]`, scores[i]);
    }
    for (let i = 0; i < reference.length; i++) this.#ranked.add(reference[i], scores[i]);
  }

  /**
   * The area, in [0, 1].
   *
   * @throws If the pixels added are all positive or all negative, where it is not defined.
   */
  value(): number {
    const { negatives, positives } = this.#ranked.totals();
    if (negatives === 0 || positives === 0) {
      throw argumentError(
        'AreaUnderRoc.value: reference',
        `${positives} positives and ${negatives} negatives`,
        'both 0 and 1 somewhere',
      );
    }
    return this.#ranked.areaUnderRoc();
  }

  /**
   * Average precision of the same scores, in [0, 1]: Σ (Rₙ − Rₙ₋₁) Pₙ over recall R and precision P, from the highest
   * score down, ties together (scikit-learn's `average_precision_score`).
   *
   * @throws If no pixel added is positive, where it is not defined.
   */
  averagePrecision(): number {
    const { positives } = this.#ranked.totals();
    if (positives === 0) {
      throw argumentError('AreaUnderRoc.averagePrecision: reference', '0 positives', '1 somewhere');
    }
    return this.#ranked.averagePrecision();
  }
}

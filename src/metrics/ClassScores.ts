import { argumentError, checkInteger, checkOneOf } from '../internal/checks.js';
import { LabelRanks, type RankScore } from './LabelRanks.js';
import { ratio } from './labels.js';
import type { RankedScoresOptions } from './RankedScores.js';

/**
 * What the scores of classes are worth beyond the best one: each class against the rest, and how often the right class
 * is among the k best; fed batch by batch.
 *
 * @example
 * ```ts
 * import { ClassScores } from 'diffusion-ssl/metrics';
 *
 * const scores = new ClassScores(3);
 * scores.add([0, 1, 2], [0.7, 0.2, 0.1, 0.5, 0.3, 0.2, 0.1, 0.2, 0.7]);
 * console.log(scores.topK(1), scores.topK(2)); // 0.667 and 1
 * console.log(scores.perClass('areaUnderRoc')); // 1, 0.75, 1
 * console.log(scores.average('averagePrecision')); // 0.833
 * ```
 */
export class ClassScores {
  /** Number of classes: labels are 0 … numClasses − 1. */
  readonly numClasses: number;
  readonly #againstRest: LabelRanks;
  /** How often the right class had each rank, the best first. */
  readonly #ranks: Float64Array;

  /** @throws If `numClasses` is not an integer of at least 2, or `bins` not acceptable. */
  constructor(numClasses: number, options: RankedScoresOptions = {}) {
    checkInteger('ClassScores: numClasses', numClasses, 2);
    this.numClasses = numClasses;
    this.#againstRest = new LabelRanks('ClassScores', numClasses, options);
    this.#ranks = new Float64Array(numClasses);
  }

  /**
   * Adds samples or pixels.
   *
   * @param reference the class of each.
   * @param scores row-major [samples, classes]: probabilities, or any finite numbers without `bins`. Of equal scores
   * the first class counts as the better one.
   * @throws If the lengths do not fit, a label is no class or a score is out of range; nothing is then added.
   */
  add(reference: ArrayLike<number>, scores: ArrayLike<number>): void {
    const { numClasses } = this;
    if (scores.length !== reference.length * numClasses) {
      const accepted = `${reference.length * numClasses}, one a class for each label`;
      throw argumentError('ClassScores.add: scores.length', scores.length, accepted);
    }
    for (let i = 0; i < reference.length; i++) {
      checkInteger(`ClassScores.add: reference[${i}]`, reference[i], 0, numClasses - 1);
    }
    this.#againstRest.check('ClassScores.add: scores', scores);
    for (let i = 0; i < reference.length; i++) {
      const own = reference[i];
      let rank = 0;
      for (let k = 0; k < numClasses; k++) {
        const [score, ownScore] = [scores[i * numClasses + k], scores[i * numClasses + own]];
        this.#againstRest.add(k, Number(k === own), score);
        if (score > ownScore || (score === ownScore && k < own)) rank++;
      }
      this.#ranks[rank]++;
    }
  }

  /** The score of each class against the rest, 0 where it is not defined. */
  perClass(score: RankScore): Float64Array {
    checkOneOf('ClassScores.perClass: score', score, ['areaUnderRoc', 'averagePrecision']);
    return this.#againstRest.perLabel(score);
  }

  /** Mean of {@link perClass} over all classes, or by how often each occurs. */
  average(score: RankScore, average: 'macro' | 'weighted' = 'macro'): number {
    checkOneOf('ClassScores.average: average', average, ['macro', 'weighted']);
    return this.#againstRest.mean(this.perClass(score), average, 'zero');
  }

  /** Share of the samples whose class is among the `k` of the highest scores. */
  topK(k: number): number {
    checkInteger('ClassScores.topK: k', k, 1, this.numClasses);
    const sum = (ranks: Float64Array) => ranks.reduce((total, count) => total + count, 0);
    return ratio(sum(this.#ranks.subarray(0, k)), sum(this.#ranks));
  }
}

import { argumentError, checkInteger, checkOneOf } from '../internal/checks.js';
import { BinaryMetrics, type BinaryMetricsOptions } from './BinaryMetrics.js';
import type { AbsentClasses } from './ConfusionMatrix.js';
import { LabelRanks, type RankScore } from './LabelRanks.js';
import { checkBinary, ratio } from './labels.js';
import type { RankedScoresOptions } from './RankedScores.js';

/** Options of {@link MultiLabelMetrics}. */
export interface MultiLabelMetricsOptions extends BinaryMetricsOptions, RankedScoresOptions {}

/** A score of {@link MultiLabelMetrics}. */
export type LabelScore = 'f1' | RankScore;

/**
 * How the scores of labels become one: `'macro'` is their mean, `'weighted'` the mean by how often each label is set,
 * `'micro'` the score of all decisions together.
 */
export type LabelAverage = 'macro' | 'weighted' | 'micro';

/**
 * Scores where a sample may have several labels, such as the classes that occur in a scene; fed batch by batch.
 *
 * Of a label that is never set, and for the area under the ROC curve of one that always is, the score is 0, as in
 * torchmetrics.
 *
 * @example
 * ```ts
 * import { MultiLabelMetrics } from 'diffusion-ssl/metrics';
 *
 * const metrics = new MultiLabelMetrics(2);
 * metrics.add([1, 0, 0, 1, 1, 1], [0.9, 0.2, 0.3, 0.4, 0.8, 0.6]);
 * console.log(metrics.perLabel('f1')); // 1 and 0.667
 * console.log(metrics.average('areaUnderRoc', 'macro')); // 1
 * console.log(metrics.exactMatch()); // 2 of 3 samples
 * ```
 */
export class MultiLabelMetrics {
  /** Number of labels. */
  readonly numLabels: number;
  readonly #options: MultiLabelMetricsOptions;
  readonly #decisions: BinaryMetrics[];
  readonly #ranks: LabelRanks;
  #samples = 0;
  #exact = 0;

  /** @throws If `numLabels` is not an integer of at least 1, or an option is not acceptable. */
  constructor(numLabels: number, options: MultiLabelMetricsOptions = {}) {
    checkInteger('MultiLabelMetrics: numLabels', numLabels, 1);
    this.numLabels = numLabels;
    this.#options = options;
    this.#decisions = Array.from({ length: numLabels }, () => new BinaryMetrics(options));
    this.#ranks = new LabelRanks('MultiLabelMetrics', numLabels, options);
  }

  /**
   * Adds samples.
   *
   * @param reference 0 or 1, row-major [samples, labels].
   * @param scores of the same order; above the threshold a label counts as predicted.
   * @throws If the lengths differ or are no multiple of the labels, a label is neither 0 nor 1, or a score is out of
   * range; nothing is then added.
   */
  add(reference: ArrayLike<number>, scores: ArrayLike<number>): void {
    const name = 'MultiLabelMetrics.add';
    const { numLabels } = this;
    if (reference.length % numLabels !== 0) {
      throw argumentError(`${name}: reference.length`, reference.length, `a multiple of ${numLabels} labels`);
    }
    if (scores.length !== reference.length) {
      throw argumentError(`${name}: scores.length`, scores.length, `${reference.length} as reference's`);
    }
    for (let i = 0; i < reference.length; i++) checkBinary(name, 'reference', reference, i);
    this.#ranks.check(`${name}: scores`, scores);
    const { threshold = 0.5 } = this.#options;
    for (let start = 0; start < reference.length; start += numLabels) {
      let isExact = true;
      for (let k = 0; k < numLabels; k++) {
        const [label, score] = [reference[start + k], scores[start + k]];
        this.#decisions[k].add([label], [score]);
        this.#ranks.add(k, label, score);
        isExact &&= label === Number(score > threshold);
      }
      this.#samples++;
      this.#exact += Number(isExact);
    }
  }

  /** The score of each label. */
  perLabel(score: LabelScore): Float64Array {
    checkOneOf('MultiLabelMetrics.perLabel: score', score, ['f1', 'areaUnderRoc', 'averagePrecision']);
    return score === 'f1'
      ? Float64Array.from(this.#decisions, (decisions) => decisions.f1())
      : this.#ranks.perLabel(score);
  }

  /**
   * The scores of all labels as one. `absent` is for the macro average: whether labels that are never set, or always,
   * count as they stand or are left out.
   */
  average(score: LabelScore, average: LabelAverage, absent: AbsentClasses = 'zero'): number {
    checkOneOf('MultiLabelMetrics.average: average', average, ['macro', 'weighted', 'micro']);
    checkOneOf('MultiLabelMetrics.average: absent', absent, ['skip', 'zero']);
    const values = this.perLabel(score);
    if (average !== 'micro') return this.#ranks.mean(values, average, absent);
    return score === 'f1' ? this.#allDecisions().f1() : this.#ranks.together(score);
  }

  /** Share of the samples of which every label is right. */
  exactMatch(): number {
    return ratio(this.#exact, this.#samples);
  }

  #allDecisions(): BinaryMetrics {
    const all = new BinaryMetrics(this.#options);
    for (const { tp, fp, fn, tn } of this.#decisions) {
      all.tp += tp;
      all.fp += fp;
      all.fn += fn;
      all.tn += tn;
    }
    return all;
  }
}

import type { AbsentClasses } from './ConfusionMatrix.js';
import { ratio } from './labels.js';
import { RankedScores, type RankedScoresOptions } from './RankedScores.js';

/** A score that follows from the order of the scores alone. */
export type RankScore = 'areaUnderRoc' | 'averagePrecision';

/** The ranked scores of several labels, and how what follows for each becomes one number. */
export class LabelRanks {
  readonly #owner: string;
  readonly #options: RankedScoresOptions;
  readonly #labels: RankedScores[];

  /** `owner` is the class that is named in errors. */
  constructor(owner: string, numLabels: number, options: RankedScoresOptions) {
    this.#owner = owner;
    this.#options = options;
    this.#labels = Array.from({ length: numLabels }, () => new RankedScores(owner, options));
  }

  /** Throws unless all scores are in range. */
  check(argument: string, scores: ArrayLike<number>): void {
    for (let i = 0; i < scores.length; i++) this.#labels[0].check(`${argument}[${i}]`, scores[i]);
  }

  /** Adds a score of label `k`. */
  add(k: number, label: number, score: number): void {
    this.#labels[k].add(label, score);
  }

  /** The score of each label. */
  perLabel(score: RankScore): Float64Array {
    return Float64Array.from(this.#labels, (ranked) => ranked[score]());
  }

  /** The score of all labels together. */
  together(score: RankScore): number {
    const all = new RankedScores(this.#owner, this.#options);
    for (const ranked of this.#labels) all.merge(ranked);
    return all[score]();
  }

  /** Mean over the labels: by how often each is set, or over all of them, or those that are set and unset somewhere. */
  mean(values: Float64Array, average: 'macro' | 'weighted', absent: AbsentClasses): number {
    let [sum, weights] = [0, 0];
    for (const [k, ranked] of this.#labels.entries()) {
      const { positives, negatives } = ranked.totals();
      const isCounted = absent === 'zero' || (positives > 0 && negatives > 0);
      const weight = average === 'weighted' ? positives : Number(isCounted);
      sum += weight * values[k];
      weights += weight;
    }
    return ratio(sum, weights);
  }
}

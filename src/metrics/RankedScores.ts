import { checkInteger, checkNumber } from '../internal/checks.js';
import { ratio } from './labels.js';

/** How scores are kept. */
export interface RankedScoresOptions {
  /**
   * Number of equal bins of [0, 1] that the scores are sorted into, which bounds the memory; scores that share a bin
   * count as ties, so the area is off by at most half the share of (positive, negative) pairs that do. Default: none;
   * the area is exact and the memory grows with the number of different scores.
   */
  bins?: number;
}

/** How many positives and negatives have each score: all that the order of the scores tells. */
export class RankedScores {
  readonly #bins: number | undefined;
  /** Number of negatives and positives of each score or bin. */
  readonly #counts = new Map<number, [number, number]>();

  /** `owner` is the class that is named in errors. */
  constructor(owner: string, { bins }: RankedScoresOptions) {
    if (bins !== undefined) checkInteger(`${owner}: bins`, bins, 2);
    this.#bins = bins;
  }

  /** Throws unless the score is finite, and in [0, 1] with bins. */
  check(argument: string, score: number): void {
    if (this.#bins === undefined) checkNumber(argument, score);
    else checkNumber(argument, score, 0, 1);
  }

  /** Adds a score that was checked; `label` is 0 or 1. */
  add(label: number, score: number): void {
    const bins = this.#bins;
    const key = bins === undefined ? score : Math.min(Math.floor(score * bins), bins - 1);
    const count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, label === 0 ? [1, 0] : [0, 1]);
    else count[label]++;
  }

  /** Adds what another one holds. */
  merge(other: RankedScores): void {
    for (const [key, [negatives, positives]] of other.#counts) {
      const count = this.#counts.get(key) ?? [0, 0];
      this.#counts.set(key, [count[0] + negatives, count[1] + positives]);
    }
  }

  /** How many negatives and positives there are. */
  totals(): { negatives: number; positives: number } {
    let [negatives, positives] = [0, 0];
    for (const [negative, positive] of this.#counts.values()) {
      negatives += negative;
      positives += positive;
    }
    return { negatives, positives };
  }

  /** Area under the ROC curve; 0 where either label is missing. */
  areaUnderRoc(): number {
    let [negatives, positives, ordered] = [0, 0, 0];
    for (const [negative, positive] of this.#byScore()) {
      ordered += positive * (negatives + negative / 2);
      negatives += negative;
      positives += positive;
    }
    return ratio(ordered, negatives * positives);
  }

  /** Average precision, Σ (Rₙ − Rₙ₋₁) Pₙ from the highest score down; 0 without positives. */
  averagePrecision(): number {
    let [negatives, positives, sum] = [0, 0, 0];
    for (const [negative, positive] of this.#byScore().reverse()) {
      negatives += negative;
      positives += positive;
      if (positive > 0) sum += (positive * positives) / (positives + negatives);
    }
    return ratio(sum, positives);
  }

  /** Negatives and positives of each score, the lowest first. */
  #byScore(): [number, number][] {
    return [...this.#counts].sort(([a], [b]) => a - b).map(([, counts]) => counts);
  }
}

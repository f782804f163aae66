import { argumentError, checkInteger, checkOneOf } from '../internal/checks.js';
import { checkLength, ratio } from './labels.js';

/** Options of {@link ConfusionMatrix}. */
export interface ConfusionMatrixOptions {
  /**
   * Reference label of pixels that do not count, inside the classes or outside; every other label outside is then an
   * error. A class that is ignored is left out of {@link ConfusionMatrix.meanIou}, but where other pixels are predicted
   * as it, the other means count it as 0 (torchmetrics). Default: all labels outside 0 … numClasses − 1 do not count.
   */
  ignoreIndex?: number;
}

/**
 * What a class that occurs neither in the reference nor in the prediction does to a mean: `'skip'` leaves it out,
 * `'zero'` counts it as 0.
 */
export type AbsentClasses = 'skip' | 'zero';

/**
 * Confusion matrix of a semantic segmentation, and what follows from it: fed chip by chip, it gives the scores of all
 * pixels together (eofm-tutorial's `Evaluator`, whose means count absent classes as zero).
 *
 * A score whose denominator is 0 is 0: no score is ever NaN.
 *
 * @example
 * ```ts
 * import { ConfusionMatrix } from 'diffusion-ssl/metrics';
 *
 * const matrix = new ConfusionMatrix(3, { ignoreIndex: 255 });
 * matrix.add(new Uint8Array([0, 0, 1, 255]), new Uint8Array([0, 1, 1, 2]));
 * console.log(matrix.accuracy()); // 2 of 3
 * console.log(matrix.iou()); // [0.5, 0.5, 0]
 * console.log(matrix.meanIou(), matrix.meanIou('zero')); // 0.5, and 0.333 with the absent class
 * ```
 */
export class ConfusionMatrix {
  /** Number of classes: labels are 0 … numClasses − 1. */
  readonly numClasses: number;
  /** Pixel counts, row-major `[reference, prediction]`. */
  readonly counts: Float64Array;
  readonly #ignoreIndex: number | undefined;

  /** @throws If `numClasses` is not an integer of at least 1, or `ignoreIndex` not an integer. */
  constructor(numClasses: number, options: ConfusionMatrixOptions = {}) {
    checkInteger('ConfusionMatrix: numClasses', numClasses, 1);
    const { ignoreIndex } = options;
    if (ignoreIndex !== undefined)
      checkInteger('ConfusionMatrix: ignoreIndex', ignoreIndex, Number.MIN_SAFE_INTEGER);
    this.numClasses = numClasses;
    this.counts = new Float64Array(numClasses ** 2);
    this.#ignoreIndex = ignoreIndex;
  }

  /**
   * Adds the pixels of a chip or a batch.
   *
   * @param reference labels of the pixels, in any order.
   * @param prediction the labels predicted for them, in the same order; what it holds where the reference is ignored
   * does not matter.
   * @throws If the lengths differ or a label is not acceptable; the matrix is then unchanged.
   */
  add(reference: ArrayLike<number>, prediction: ArrayLike<number>): void {
    checkLength('ConfusionMatrix.add', 'prediction', prediction, reference);
    const { numClasses } = this;
    const isClass = (label: number) => Number.isInteger(label) && label >= 0 && label < numClasses;
    const added = new Float64Array(numClasses ** 2);
    for (let i = 0; i < reference.length; i++) {
      if (reference[i] === this.#ignoreIndex) continue;
      if (!isClass(reference[i])) {
        if (this.#ignoreIndex === undefined && Number.isInteger(reference[i])) continue;
        throw this.#labelError('reference', reference, i);
      }
      if (!isClass(prediction[i])) throw this.#labelError('prediction', prediction, i);
      added[reference[i] * numClasses + prediction[i]]++;
    }
    for (let i = 0; i < added.length; i++) this.counts[i] += added[i];
  }

  #labelError(argument: string, labels: ArrayLike<number>, i: number): Error {
    const accepted = `an integer from 0 to ${this.numClasses - 1}`;
    return argumentError(`ConfusionMatrix.add: ${argument}[${i}]`, labels[i], accepted);
  }

  /** Share of the pixels whose class is right, in [0, 1]. */
  accuracy(): number {
    const right = this.#perClass((hits) => hits);
    return ratio(sum(right), sum(this.counts));
  }

  /** Per class: pixels right / pixels of the class in reference or prediction (Jaccard index). */
  iou(): Float64Array {
    return this.#perClass((hits, inReference, inPrediction) =>
      ratio(hits, inReference + inPrediction - hits),
    );
  }

  /** Per class: pixels right / pixels predicted. */
  precision(): Float64Array {
    return this.#perClass((hits, _, inPrediction) => ratio(hits, inPrediction));
  }

  /** Per class: pixels right / pixels of the reference (the class's accuracy). */
  recall(): Float64Array {
    return this.#perClass((hits, inReference) => ratio(hits, inReference));
  }

  /** Per class: harmonic mean of precision and recall (Dice coefficient). */
  f1(): Float64Array {
    return this.#perClass((hits, inReference, inPrediction) => ratio(2 * hits, inReference + inPrediction));
  }

  /** Per class: whether it occurs in the reference or in the prediction. */
  present(): boolean[] {
    return Array.from(
      this.#perClass((_, inReference, inPrediction) => inReference + inPrediction),
      Boolean,
    );
  }

  /** Mean of {@link iou} over the classes, without one that is ignored. */
  meanIou(absent: AbsentClasses = 'skip'): number {
    return this.#mean('meanIou', this.iou(), absent, this.#ignoreIndex);
  }

  /** Pixels right / pixels in reference or prediction, over all classes together but one that is ignored. */
  microIou(): number {
    const unions = this.#perClass((hits, inReference, inPrediction) => inReference + inPrediction - hits);
    if (this.#ignoreIndex !== undefined && this.#ignoreIndex in unions) unions[this.#ignoreIndex] = 0;
    return ratio(sum(this.#perClass((hits) => hits)), sum(unions));
  }

  /** Mean of {@link precision} over the classes. */
  meanPrecision(absent: AbsentClasses = 'skip'): number {
    return this.#mean('meanPrecision', this.precision(), absent);
  }

  /** Mean of {@link recall} over the classes. */
  meanRecall(absent: AbsentClasses = 'skip'): number {
    return this.#mean('meanRecall', this.recall(), absent);
  }

  /** Mean of {@link f1} over the classes. */
  meanF1(absent: AbsentClasses = 'skip'): number {
    return this.#mean('meanF1', this.f1(), absent);
  }

  /** Mean of {@link recall} over the classes that occur in the reference (balanced accuracy). */
  meanClassAccuracy(): number {
    return ratio(sum(this.recall()), sum(this.#perClass((_, inReference) => Number(inReference > 0))));
  }

  /**
   * Mean of one value a class, such as those of {@link iou}, by the pixels of the class in the reference
   * (frequency-weighted IoU).
   *
   * @throws If there is not one value a class.
   */
  weightedMean(scores: ArrayLike<number>): number {
    if (scores.length !== this.numClasses) {
      throw argumentError('ConfusionMatrix.weightedMean: scores.length', scores.length, `${this.numClasses}`);
    }
    const inReference = this.#perClass((_, inReference) => inReference);
    return ratio(sum(inReference.map((pixels, k) => pixels * scores[k])), sum(inReference));
  }

  /** Cohen's kappa: the accuracy beyond what chance gives to classes this frequent, in [−1, 1]. */
  kappa(): number {
    const total = sum(this.counts);
    const byChance = this.#perClass((_, inReference, inPrediction) => inReference * inPrediction);
    const expected = ratio(sum(byChance), total ** 2);
    return ratio(this.accuracy() - expected, 1 - expected);
  }

  /** `score` of each class: the pixels right, those of the reference and those predicted. */
  #perClass(score: (hits: number, inReference: number, inPrediction: number) => number): Float64Array {
    const { numClasses: n, counts } = this;
    return Float64Array.from({ length: n }, (_, k) => {
      let [inReference, inPrediction] = [0, 0];
      for (let j = 0; j < n; j++) {
        inReference += counts[k * n + j];
        inPrediction += counts[j * n + k];
      }
      return score(counts[k * n + k], inReference, inPrediction);
    });
  }

  /** An absent class has a score of 0, so only the divisor differs; so has a class without pixels in the reference. */
  #mean(name: string, scores: Float64Array, absent: AbsentClasses, ignored = -1): number {
    checkOneOf(`ConfusionMatrix.${name}: absent`, absent, ['skip', 'zero']);
    const present = this.present();
    const classes = present.filter((is, k) => k !== ignored && (absent === 'zero' || is)).length;
    return ratio(sum(scores), classes);
  }
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

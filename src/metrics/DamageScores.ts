import { argumentError } from '../internal/checks.js';
import { checkLength, ratio } from './labels.js';

/** Grades of damage: no damage, minor damage, major damage, destroyed. */
const GRADES = 4;
/** What keeps the harmonic mean finite where a grade has no hit. */
const EPSILON = 1e-6;
/** Weight of finding buildings in the whole score; grading them has the rest. */
const LOCALIZATION = 0.3;

/**
 * Scores of damage to buildings as the xView2 challenge has them (Gupta et al. 2019), fed chip by chip: how well
 * buildings are found, F1 over pixels, and how well they are graded, the harmonic mean of the four grades' F1 over the
 * pixels of real buildings, so that a grade which is never met counts heavily.
 *
 * Labels are 0 for background, 1 no damage, 2 minor damage, 3 major damage, 4 destroyed. Of buildings as a whole,
 * hand over a grade each (see `majorityByRegion`).
 *
 * @example
 * ```ts
 * import { DamageScores } from 'diffusion-ssl/metrics';
 *
 * const scores = new DamageScores({ ignoreIndex: 255 });
 * scores.add([0, 1, 2, 3, 4, 4, 255], [1, 1, 2, 3, 4, 4, 0]);
 * console.log(scores.localization(), scores.damage()); // 10 of 11, and 1 but for the epsilon of the challenge's mean
 * ```
 */
export class DamageScores {
  /** Pixels of buildings found, missed, and found where there is none. */
  readonly #buildings = { hits: 0, missed: 0, wrong: 0 };
  /** The same of each grade, among pixels of real buildings. */
  readonly #grades = Array.from({ length: GRADES }, () => ({ hits: 0, missed: 0, wrong: 0 }));
  readonly #ignoreIndex: number | undefined;

  /** @param options `ignoreIndex`: reference label of pixels that do not count. */
  constructor({ ignoreIndex }: { ignoreIndex?: number } = {}) {
    this.#ignoreIndex = ignoreIndex;
  }

  /**
   * Adds the pixels of a chip, or its buildings.
   *
   * @param reference 0 to 4 for each.
   * @param prediction 0 to 4 for each, 0 where no building is predicted.
   * @throws If the lengths differ or a label is none of these; nothing is then added.
   */
  add(reference: ArrayLike<number>, prediction: ArrayLike<number>): void {
    const name = 'DamageScores.add';
    checkLength(name, 'prediction', prediction, reference);
    const counts = new Float64Array((GRADES + 1) ** 2);
    for (let i = 0; i < reference.length; i++) {
      if (reference[i] === this.#ignoreIndex) continue;
      for (const [key, value] of [
        ['reference', reference[i]],
        ['prediction', prediction[i]],
      ] as const) {
        if (!Number.isInteger(value) || value < 0 || value > GRADES)
          throw argumentError(`${name}: ${key}[${i}]`, value, `an integer from 0 to ${GRADES}`);
      }
      counts[reference[i] * (GRADES + 1) + prediction[i]]++;
    }
    for (const [i, count] of counts.entries()) {
      const [real, predicted] = [Math.floor(i / (GRADES + 1)), i % (GRADES + 1)];
      if (real > 0 && predicted > 0) this.#buildings.hits += count;
      else if (real > 0) this.#buildings.missed += count;
      else if (predicted > 0) this.#buildings.wrong += count;
      if (real === 0) continue;
      if (real === predicted) this.#grades[real - 1].hits += count;
      else {
        this.#grades[real - 1].missed += count;
        if (predicted > 0) this.#grades[predicted - 1].wrong += count;
      }
    }
  }

  /** F1 of finding buildings, whatever their grade. */
  localization(): number {
    return f1(this.#buildings);
  }

  /** F1 of each grade, from no damage to destroyed; 0 for one that occurs nowhere. */
  perGrade(): Float64Array {
    return Float64Array.from(this.#grades, f1);
  }

  /** Harmonic mean of the grades' F1, each with 1e-6 added, as the challenge does. */
  damage(): number {
    return GRADES / this.perGrade().reduce((sum, value) => sum + 1 / (value + EPSILON), 0);
  }

  /** The score of the challenge: 0.3 · localization + 0.7 · damage. */
  score(): number {
    return LOCALIZATION * this.localization() + (1 - LOCALIZATION) * this.damage();
  }
}

function f1({ hits, missed, wrong }: { hits: number; missed: number; wrong: number }): number {
  return ratio(2 * hits, 2 * hits + missed + wrong);
}

/**
 * The class of the highest probability in each row, of equal ones the first: what a head predicts as labels.
 *
 * @param probabilities row-major [rows, classes], as `Head.predict` answers them.
 * @example
 * ```ts
 * import { mostLikely } from 'diffusion-ssl/heads';
 *
 * console.log(mostLikely(new Float32Array([0.1, 0.9, 0.6, 0.4]), 2)); // [1, 0]
 * ```
 */
export function mostLikely(probabilities: Float32Array, classes: number): Int32Array {
  return Int32Array.from({ length: probabilities.length / classes }, (_, i) => {
    let best = 0;
    for (let k = 1; k < classes; k++) {
      if (probabilities[i * classes + k] > probabilities[i * classes + best]) best = k;
    }
    return best;
  });
}

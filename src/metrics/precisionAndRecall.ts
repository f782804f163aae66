import { checkInteger } from '../internal/checks.js';
import { countVectors } from './featureMoments.js';

/** Options of {@link precisionAndRecall}. */
export interface PrecisionAndRecallOptions {
  /** A sample's reach is the distance to its neighbour of this number, itself not counted. Default 3. */
  neighbours?: number;
}

/** Shares of samples that lie within reach of the other set. */
export interface PrecisionAndRecall {
  /** Of the generated samples: do they look real? */
  precision: number;
  /** Of the real samples: are all kinds generated? */
  recall: number;
}

/**
 * Improved precision and recall of generated samples, by their feature vectors: a sample counts if it is no farther
 * from some sample of the other set than that one's k-th neighbour in its own set (Kynkäänniemi et al. 2019). Costs
 * samples² · dims.
 *
 * @param generated row-major [samples, dims].
 * @param real the real samples; there may be another number of them.
 * @throws If a set has fewer than two vectors or not more than `neighbours`, or a length is no multiple of `dims`.
 * @example
 * ```ts
 * import { precisionAndRecall } from 'diffusion-ssl/metrics';
 *
 * // All samples of one kind, where there are two.
 * const scores = precisionAndRecall([0, 0.1, 0.2, 0.3], [0, 0.2, 5, 5.2], 1, { neighbours: 1 });
 * console.log(scores); // { precision: 1, recall: 0.5 }
 * ```
 */
export function precisionAndRecall(
  generated: ArrayLike<number>,
  real: ArrayLike<number>,
  dims: number,
  options: PrecisionAndRecallOptions = {},
): PrecisionAndRecall {
  const name = 'precisionAndRecall';
  const { neighbours = 3 } = options;
  const smaller = Math.min(
    countVectors(`${name}: generated`, generated, dims),
    countVectors(`${name}: real`, real, dims),
  );
  checkInteger(`${name}: neighbours`, neighbours, 1, smaller - 1);
  const within = (samples: ArrayLike<number>, others: ArrayLike<number>) => {
    const reaches = Float64Array.from({ length: others.length / dims }, (_, i) => {
      // The nearest of all is the sample itself.
      return distances(others, i, others, dims).sort()[neighbours];
    });
    let count = 0;
    for (let i = 0; i < samples.length / dims; i++) {
      if (distances(samples, i, others, dims).some((distance, j) => distance <= reaches[j])) count++;
    }
    return (count * dims) / samples.length;
  };
  return { precision: within(generated, real), recall: within(real, generated) };
}

/** Squared distances of vector `i` of `samples` to all `others`. */
function distances(
  samples: ArrayLike<number>,
  i: number,
  others: ArrayLike<number>,
  dims: number,
): Float64Array {
  return Float64Array.from({ length: others.length / dims }, (_, j) => {
    let sum = 0;
    for (let k = 0; k < dims; k++) sum += (samples[i * dims + k] - others[j * dims + k]) ** 2;
    return sum;
  });
}

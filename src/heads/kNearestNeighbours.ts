import { argumentError, checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { checkRows, type HeadOptions } from './checkRows.js';
import { KNearestHead } from './KNearestHead.js';

/** Options of {@link kNearestNeighbours}. */
export interface KNearestNeighboursOptions extends HeadOptions {
  /** Number of neighbours. Default 5. */
  k?: number;
  /** `'cosine'`: the nearest are those of the highest cosine similarity. Default `'cosine'`. */
  metric?: 'cosine' | 'euclidean';
  /**
   * With the cosine: a neighbour of similarity s counts exp(s / temperature), as in DINO, where it is 0.07. Default:
   * all neighbours count alike.
   */
  temperature?: number;
}

/**
 * k nearest neighbours: each row is the share of the classes among the k nearest of the rows given here. The features
 * are taken as they are; nothing is trained.
 *
 * @param features row-major [rows, dims].
 * @param labels the class of each row, from 0.
 * @throws If features and labels do not fit or are not finite, a label is no class, there are fewer rows than `k`, or
 * an option is out of range.
 * @example
 * ```ts
 * import { initBackend } from 'diffusion-ssl/backends/node';
 * import { kNearestNeighbours } from 'diffusion-ssl/heads';
 *
 * await initBackend();
 * const head = await kNearestNeighbours(new Float32Array([0, 1, 1, 0]), new Int32Array([0, 1]), { k: 1 });
 * console.log(await head.predict(new Float32Array([0.2, 3]))); // [1, 0]
 * ```
 */
export async function kNearestNeighbours(
  features: Float32Array,
  labels: Int32Array,
  options: KNearestNeighboursOptions = {},
): Promise<KNearestHead> {
  const { k = 5, metric = 'cosine', temperature } = options;
  return inFunction('kNearestNeighbours', () => {
    const { rows, classes } = checkRows({ features, labels }, options);
    checkInteger('k', k, 1, rows);
    checkOneOf('metric', metric, ['cosine', 'euclidean']);
    if (temperature !== undefined) {
      checkNumber('temperature', temperature, 1e-6);
      if (metric !== 'cosine') throw argumentError('temperature', temperature, "left out with 'euclidean'");
    }
    const copies = { features: features.slice(), labels: labels.slice() };
    return new KNearestHead(copies, classes, { k, metric, temperature });
  });
}

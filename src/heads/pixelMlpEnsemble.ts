import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { nextTurn } from '../internal/nextTurn.js';
import { throwIfAborted } from '../internal/throwIfAborted.js';
import { checkRows, type HeadOptions } from './checkRows.js';
import { type Dense, MlpEnsembleHead } from './MlpEnsembleHead.js';
import { PixelMlp } from './PixelMlp.js';
import { standardization, standardized } from './standardization.js';

/** Options of {@link pixelMlpEnsemble}. */
export interface PixelMlpEnsembleOptions extends HeadOptions {
  /** Number of networks. Default 10. */
  members?: number;
  /** Widths of the hidden layers. Default [128, 32], from 30 classes on [256, 128]. */
  hidden?: readonly number[];
  /** Of Adam. Default 1e-3. */
  learningRate?: number;
  /** Rows a step. Default 64. */
  batchSize?: number;
  /** Most passes over the rows. Default 100. */
  maxEpochs?: number;
  /** After four passes a network ends with so many batches without a new lowest loss. Default 50. */
  patience?: number;
  /** Seed of initial weights and order. Default 0. */
  seed?: number;
  /** Stops between two passes, with an `AbortError`. */
  signal?: AbortSignal;
}

/** Passes in which a loss that does not fall ends nothing. */
const WARM_UP = 4;

/**
 * Ensemble of small networks on single feature vectors, such as those of pixels: linear layers, each but the last
 * followed by ReLU and batch norm, weights from N(0, 0.02), Adam, stopped early (ddpm-segmentation of Baranchuk et al.
 * 2022). Other than there the features are standardised first, and the statistics of batch norm are at the end those of
 * all rows.
 *
 * @param features row-major [rows, dims].
 * @param labels the class of each row, from 0.
 * @returns A head whose `vote` gives majority and disagreement of the networks.
 * @throws If features and labels do not fit or are not finite, there are fewer than two rows, a label is no class, or
 * an option is out of range.
 * @example
 * ```ts
 * import { initBackend } from 'diffusion-ssl/backends/node';
 * import { pixelMlpEnsemble } from 'diffusion-ssl/heads';
 *
 * await initBackend();
 * const features = new Float32Array([0, 1, 0.2, 0.9, 1, 0.1, 0.8, 0]);
 * const labels = new Int32Array([0, 0, 1, 1]);
 * const head = await pixelMlpEnsemble(features, labels, { members: 3, maxEpochs: 60 });
 * const { labels: majority, disagreement } = await head.vote(new Float32Array([0.1, 1]));
 * console.log(majority, disagreement.length); // [0] 1
 * ```
 */
export async function pixelMlpEnsemble(
  features: Float32Array,
  labels: Int32Array,
  options: PixelMlpEnsembleOptions = {},
): Promise<MlpEnsembleHead> {
  const { members = 10, learningRate = 1e-3, batchSize = 64, maxEpochs = 100, patience = 50 } = options;
  const { seed = 0, signal } = options;
  const { rows, dims, classes } = inFunction('pixelMlpEnsemble', () => {
    for (const [name, value] of Object.entries({ members, batchSize, maxEpochs, patience })) {
      checkInteger(name, value, name === 'batchSize' ? 2 : 1);
    }
    checkNumber('learningRate', learningRate, 0);
    checkInteger('seed', seed, 0);
    const sizes = checkRows({ features, labels }, options);
    if (sizes.rows < 2) throw argumentError('labels.length', sizes.rows, 'at least 2');
    return sizes;
  });
  const { hidden = classes < 30 ? [128, 32] : [256, 128] } = options;
  for (const [i, width] of hidden.entries()) checkInteger(`pixelMlpEnsemble: hidden[${i}]`, width, 1);

  const scaling = standardization(features, dims);
  const data = { features: standardized(features, scaling), labels };
  const trained: Dense[][] = [];
  for (let member = 0; member < members; member++) {
    const network = new PixelMlp([dims, ...hidden, classes], { learningRate, seed, member });
    try {
      let [best, waited] = [Number.POSITIVE_INFINITY, 0];
      for (let epoch = 0; epoch < maxEpochs && waited <= patience; epoch++) {
        await nextTurn();
        throwIfAborted(signal, 'The ensemble was stopped.');
        const order = network.order(rows, epoch);
        const size = Math.min(batchSize, rows);
        // Rows left over by the last batch have their turn in another order.
        for (let start = 0; start + size <= rows && waited <= patience; start += size) {
          const loss = await network.step(data, order.subarray(start, start + size));
          if (epoch < WARM_UP) continue;
          waited = loss < best ? 0 : waited + 1;
          best = Math.min(best, loss);
        }
      }
      trained.push(await network.finished(data.features, scaling));
    } finally {
      network.dispose();
    }
  }
  return new MlpEnsembleHead(trained);
}

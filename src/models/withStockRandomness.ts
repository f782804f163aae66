import type * as tfl from '@tensorflow/tfjs-layers';
import { ConfigError } from '../errors/ConfigError.js';

/** Layers of tf.layers whose random numbers take no seed. */
const UNSEEDED = ['GaussianNoise', 'GaussianDropout', 'AlphaDropout', 'RandomWidth'];

/** A stock layer that drops values by a seed of its own, which in tfjs makes the same mask in every step. */
type StockDropout = tfl.layers.Layer & { seed?: number | string };

/**
 * Lets `body` run the layers of a model in training, with what the stock ones among them draw named by `step`: of a
 * step, the same again.
 *
 * @throws {ConfigError} If a stock layer draws what no seed names.
 */
export function withStockRandomness<T>(layers: readonly tfl.layers.Layer[], step: number, body: () => T): T {
  for (const layer of layers) {
    const { dropout = 0, recurrentDropout = 0 } = layer as { dropout?: number; recurrentDropout?: number };
    if (UNSEEDED.includes(layer.getClassName()) || dropout > 0 || recurrentDropout > 0) {
      throw new ConfigError(
        `layersDenoiser: layer '${layer.name}' (${layer.getClassName()}) draws random numbers that cannot ` +
          'be drawn again, ' +
          'as resuming and SAM need; take tf.layers.dropout, or dropout of a layer of this package.',
      );
    }
  }
  const dropouts = layers.filter((layer): layer is StockDropout =>
    ['Dropout', 'SpatialDropout1D'].includes(layer.getClassName()),
  );
  const seeds = dropouts.map(({ seed }) => seed);
  dropouts.forEach((layer, i) => {
    layer.seed = `${seeds[i] ?? ''} ${i} ${step}`;
  });
  try {
    return body();
  } finally {
    dropouts.forEach((layer, i) => {
      layer.seed = seeds[i];
    });
  }
}

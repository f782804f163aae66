import * as tf from '@tensorflow/tfjs-core';
import { DataError } from '../errors/DataError.js';
import { argumentError } from '../internal/checks.js';
import type { NormalizationOptions } from '../normalization/normalizeRaster.js';
import type { PredictWindow } from './SceneWindow.js';
import { windowTensor } from './windowTensor.js';

/** Options of {@link attentionPredictor}. */
export interface AttentionPredictorOptions {
  /** How the network's images were scaled: the `normalization` of its model folder. */
  normalization: NormalizationOptions;
}

/**
 * What a transformer attends to, as the predictor of a map: in place of classes the heads, then their mean. Let
 * `mapScene` write them as probabilities, whose bands they are; its `stride` is the side of a patch.
 *
 * A head's value is its attention to a patch over that which it would have if all patches had the same, so that 1 is
 * even attention whatever the size of a window. Between the centres of patches it is interpolated (bilinear).
 *
 * @param attend From images [1, height, width, channels] to maps of patches, [1, rows, columns, heads]:
 * `(x) => attentionMaps(model, x)`, say.
 * @throws {DataError} (rejects, on a call) If it returns another shape.
 * @example
 * ```ts
 * import { attentionPredictor } from 'diffusion-ssl/maps';
 * import { attentionMaps, vit } from 'diffusion-ssl/models';
 *
 * const model = vit({ imgSize: 32, patchSize: 8, inChans: 1, embedDim: 24, depth: 1, numHeads: 3 });
 * const normalization = { procedure: 'lab' } as const;
 * const predict = attentionPredictor((x) => attentionMaps(model, x), { normalization });
 * const raster = { height: 32, width: 32, channels: 1, data: new Float32Array(1024).map(Math.random) };
 * console.log((await predict({ raster, top: 0, left: 0 })).probabilities.length); // 4096: three heads and their mean
 * ```
 */
export function attentionPredictor(
  attend: (x: tf.Tensor4D) => tf.Tensor4D,
  { normalization }: AttentionPredictorOptions,
): PredictWindow {
  if (typeof attend !== 'function') {
    const accepted = 'a function such as (x) => attentionMaps(model, x)';
    throw argumentError('attentionPredictor: attend', attend, accepted);
  }
  return async (window) => {
    const { height, width } = window.raster;
    const maps = tf.tidy(() => {
      const shares = attend(windowTensor(window, normalization));
      const [batch, rows, columns, heads] = shares.shape;
      if (shares.rank !== 4 || batch !== 1 || height % rows !== 0 || width % columns !== 0) {
        throw new DataError(
          `attentionPredictor: attend gives [${shares.shape}] for an image [1, ${height}, ${width}, channels]; maps ` +
            'are [1, rows, columns, heads], of patches that divide it.',
        );
      }
      const relative = tf.mul<tf.Tensor4D>(shares, rows * columns);
      const all = tf.concat<tf.Tensor4D>([relative, tf.mean<tf.Tensor4D>(relative, 3, true)], 3);
      const large = tf.image.resizeBilinear(all, [height, width], false, true);
      return tf.reshape(large, [height * width, heads + 1]);
    });
    try {
      return { probabilities: (await maps.data()) as Float32Array };
    } finally {
      maps.dispose();
    }
  };
}

import * as tf from '@tensorflow/tfjs-core';
import { DataError } from '../errors/DataError.js';
import { argumentError, checkInteger } from '../internal/checks.js';
import type { NormalizationOptions } from '../normalization/normalizeRaster.js';
import { combineMembers } from './combineMembers.js';
import type { PredictWindow, SceneWindow } from './SceneWindow.js';
import { windowTensor } from './windowTensor.js';

/** Options of {@link networkPredictor}. */
export interface NetworkPredictorOptions {
  /** How the network's images were scaled: the `normalization` of its model folder. */
  normalization: NormalizationOptions;
  /**
   * How often each window is predicted: more than once for a network that drops at random (Monte-Carlo dropout) or for
   * several networks. The probabilities are the mean, and the uncertainty how much the passes disagree. Default 1.
   */
  passes?: number;
}

/**
 * A network with a head as the predictor of a map: `(x) => tuning.predict(x)` of `FineTuning`, say.
 *
 * @param predict From images [1, height, width, channels] to logits [1, height, width, classes]; told the number of the
 * pass, and the window. What it allocates but for its result is its own to dispose.
 * @throws {DataError} (rejects, on a call) If it returns another shape.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { networkPredictor } from 'diffusion-ssl/maps';
 *
 * const normalization = { strategy: 'min_max', procedure: 'lab' } as const;
 * const predict = networkPredictor((x) => tf.concat([x, tf.sub(1, x)], 3), { normalization });
 * const raster = { height: 1, width: 2, channels: 1, data: Float32Array.of(3, 5) };
 * console.log((await predict({ raster, top: 0, left: 0 })).probabilities); // 0.27, 0.73, 0.73, 0.27
 * ```
 */
export function networkPredictor(
  predict: (x: tf.Tensor4D, pass: number, window: SceneWindow) => tf.Tensor,
  { normalization, passes = 1 }: NetworkPredictorOptions,
): PredictWindow {
  if (typeof predict !== 'function') {
    throw argumentError('networkPredictor: predict', predict, 'a function such as (x) => tuning.predict(x)');
  }
  checkInteger('networkPredictor: passes', passes, 1);
  return async (window) => {
    const { height, width } = window.raster;
    const members: Float32Array[] = [];
    let classes = 1;
    for (let pass = 0; pass < passes; pass++) {
      const probabilities = tf.tidy(() =>
        tf.softmax(predict(windowTensor(window, normalization), pass, window)),
      );
      const { shape } = probabilities;
      if (shape.length !== 4 || shape[0] !== 1 || shape[1] !== height || shape[2] !== width) {
        probabilities.dispose();
        throw new DataError(
          `networkPredictor: predict gives [${shape}] for an image [1, ${height}, ${width}, channels]; logits are ` +
            `[1, ${height}, ${width}, classes].`,
        );
      }
      classes = shape[3];
      members.push((await probabilities.data()) as Float32Array);
      probabilities.dispose();
    }
    return passes > 1 ? combineMembers(members, classes) : { probabilities: members[0] };
  };
}

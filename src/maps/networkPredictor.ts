import * as tf from '@tensorflow/tfjs-core';
import { DataError } from '../errors/DataError.js';
import { argumentError, checkInteger } from '../internal/checks.js';
import type { NormalizationOptions } from '../normalization/normalizeRaster.js';
import { combineMembers } from './combineMembers.js';
import type { PredictWindow, SceneWindow, WindowPrediction } from './SceneWindow.js';
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
  /**
   * Windows that have so many pixels together at most are given to `predict` together: a small network predicts four of
   * 256 × 256 pixels (2 ** 18) in three quarters of the time, in four times the memory. Default: each alone.
   */
  batchPixels?: number;
}

/**
 * A network with a head as the predictor of a map: `(x) => tuning.predict(x)` of `FineTuning`, say.
 *
 * @param predict From images [1, height, width, channels] to logits [1, height, width, classes], of several windows
 * with `batchPixels`; told the number of the pass, and the window, the first of several. What it allocates but for its
 * result is its own to dispose.
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
  { normalization, passes = 1, batchPixels = 0 }: NetworkPredictorOptions,
): PredictWindow {
  if (typeof predict !== 'function') {
    throw argumentError('networkPredictor: predict', predict, 'a function such as (x) => tuning.predict(x)');
  }
  checkInteger('networkPredictor: passes', passes, 1);
  checkInteger('networkPredictor: batchPixels', batchPixels, 0);
  const predictAll = async (windows: readonly SceneWindow[]): Promise<WindowPrediction[]> => {
    const { height, width } = windows[0].raster;
    const members: Float32Array[] = [];
    let classes = 1;
    for (let pass = 0; pass < passes; pass++) {
      const probabilities = tf.tidy(() => {
        const x = tf.concat(windows.map((window) => windowTensor(window, normalization)));
        return tf.softmax(predict(x, pass, windows[0]));
      });
      const { shape } = probabilities;
      const images = [windows.length, height, width];
      if (shape.length !== 4 || images.some((side, axis) => shape[axis] !== side)) {
        probabilities.dispose();
        throw new DataError(
          `networkPredictor: predict gives [${shape}] for an image [${images.join(', ')}, channels]; logits are ` +
            `[${images.join(', ')}, classes].`,
        );
      }
      classes = shape[3];
      members.push((await probabilities.data()) as Float32Array);
      probabilities.dispose();
    }
    const size = height * width * classes;
    return windows.map((_, i) => {
      const own = members.map((member) => member.subarray(i * size, (i + 1) * size));
      return passes > 1 ? combineMembers(own, classes) : { probabilities: own[0] };
    });
  };
  const predictWindow = async (window: SceneWindow) => (await predictAll([window]))[0];
  return Object.assign(predictWindow, { batch: { pixels: batchPixels, predict: predictAll } });
}

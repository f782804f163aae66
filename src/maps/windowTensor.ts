import * as tf from '@tensorflow/tfjs-core';
import { type NormalizationOptions, normalizeRaster } from '../normalization/normalizeRaster.js';
import type { SceneWindow } from './SceneWindow.js';

/** A window's values as the network sees them, [1, height, width, channels]. */
export function windowTensor({ raster }: SceneWindow, normalization: NormalizationOptions): tf.Tensor4D {
  const { height, width, channels } = raster;
  const { data } = normalizeRaster(raster, { onEmpty: 'fill', ...normalization });
  return tf.tensor4d(data, [1, height, width, channels]);
}

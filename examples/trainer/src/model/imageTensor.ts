import * as tf from '@tensorflow/tfjs-core';
import { type NormalizationOptions, normalizeRaster, type Raster } from 'diffusion-ssl/normalization';

/** An image as a network sees it, [1, height, width, channels]; one without any value is filled. */
export function imageTensor(image: Raster, scaling: NormalizationOptions): tf.Tensor4D {
  const { data, height, width, channels } = normalizeRaster(image, { onEmpty: 'fill', ...scaling });
  return tf.tensor4d(data, [1, height, width, channels]);
}

import { inFunction } from '../internal/inFunction.js';
import { ClassificationHeadLayer } from './ClassificationHeadLayer.js';
import { type MapHead, type MapHeadOptions, mapHead } from './mapHead.js';

/**
 * A head from feature maps of any sizes to the logits of a whole image, [batch, classes]: the mean of each map, batch
 * norm, and a linear layer. For one class an image train it by `crossEntropy`, for several labels by
 * `binaryCrossEntropy`.
 *
 * @returns A function of symbolic feature maps, which `attachHead` and `FineTuning` take, or a model of its own.
 * @throws If an option is out of range; when called, if there is no feature map.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import { classificationHead } from 'diffusion-ssl/heads';
 *
 * const inputs = [tfl.input({ shape: [32, 32, 8] }), tfl.input({ shape: [16, 16, 16] })];
 * const model = tfl.model({ inputs, outputs: classificationHead({ classes: 5 })(inputs) });
 * const logits = model.predict([tf.ones([2, 32, 32, 8]), tf.ones([2, 16, 16, 16])]) as tf.Tensor;
 * console.log(logits.shape); // [2, 5]
 * ```
 */
export function classificationHead(options: MapHeadOptions): MapHead {
  return inFunction('classificationHead', () => mapHead(ClassificationHeadLayer, options));
}

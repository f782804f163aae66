import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { absoluteDifference } from './absoluteDifference.js';
import { type LossOptions, reduceLoss, type ScalarLossOptions } from './reduceLoss.js';
import { reduceSamples } from './reduceSamples.js';
import { Vgg16Features } from './Vgg16Features.js';

/** What {@link perceptual} compares with. */
export interface PerceptualParameters {
  /** The feature extractor; stays the caller's. */
  features: Vgg16Features;
}

/**
 * Absolute error of the features of two images: for each layer of the extractor the mean over its output, summed over
 * the layers, by default the mean over the samples (Johnson et al. 2016, "Perceptual losses for real-time style
 * transfer and super-resolution", with the absolute error that the tutorial's `perceptual` takes).
 *
 * With `reduction: 'sum'` the sum over the samples of their values. No gradient flows to the weights of the extractor.
 *
 * @param prediction float32 tensor [batch, height, width, channels]: three channels, or those that `bands` of the
 * extractor chooses from.
 * @param target tensor of the same shape.
 * @returns A scalar, or [batch] with `reduction: 'none'`; the caller's to dispose. Differentiable.
 * @throws If there is no extractor or it does not accept the images, shapes differ or are empty, the weights are not
 * [batch] or the reduction is unknown.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { perceptual, Vgg16Features } from 'diffusion-ssl/losses';
 *
 * // Stands for `readSafetensors(bytes).tensors` of 'diffusion-ssl/interop'.
 * const weights = new Map([
 *   ['features.0.weight', { shape: [8, 3, 3, 3], data: new Float32Array(216).fill(0.1) }],
 *   ['features.0.bias', { shape: [8], data: new Float32Array(8) }],
 * ]);
 * const features = new Vgg16Features(weights, { layers: ['features.1'] });
 * const loss = perceptual(tf.ones([1, 16, 16, 3]), tf.zeros([1, 16, 16, 3]), { features });
 * console.log((await loss.data())[0] > 2); // true
 * ```
 */
export function perceptual(
  prediction: tf.Tensor,
  target: tf.Tensor,
  options: ScalarLossOptions & PerceptualParameters,
): tf.Scalar;
export function perceptual(
  prediction: tf.Tensor,
  target: tf.Tensor,
  options: LossOptions & PerceptualParameters,
): tf.Tensor;
export function perceptual(
  prediction: tf.Tensor,
  target: tf.Tensor,
  { features, ...options }: LossOptions & PerceptualParameters,
): tf.Tensor {
  if (!(features instanceof Vgg16Features)) {
    throw argumentError('perceptual: features', features, 'a Vgg16Features');
  }
  const distance = (a: tf.Tensor, b: tf.Tensor) => {
    const targets = features.apply(b);
    return tf.addN(
      features.apply(a).map((output, i) => reduceSamples(absoluteDifference(output, targets[i]))),
    );
  };
  return inFunction('perceptual', () => reduceLoss(prediction, target, options, distance));
}

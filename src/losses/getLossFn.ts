import type * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkOneOf } from '../internal/checks.js';
import { type CharbonnierParameters, charbonnier } from './charbonnier.js';
import { type HybridLightParameters, hybridLight } from './hybridLight.js';
import { l1 } from './l1.js';
import { mse } from './mse.js';
import { type PerceptualParameters, perceptual } from './perceptual.js';
import type { LossOptions, ScalarLossOptions } from './reduceLoss.js';
import { type SsimParameters, ssim } from './ssim.js';

const LOSSES: Record<LossName, unknown> = {
  mse,
  l1,
  charbonnier,
  ssim,
  perceptual,
  hybrid_light: hybridLight,
};

/** The tutorial's names of the losses. */
export type LossName = 'mse' | 'l1' | 'charbonnier' | 'ssim' | 'perceptual' | 'hybrid_light';

/** A loss, such as `mse`: a scalar, or one value a sample with `reduction: 'none'`. */
export interface LossFunction {
  (prediction: tf.Tensor, target: tf.Tensor, options?: ScalarLossOptions): tf.Scalar;
  (prediction: tf.Tensor, target: tf.Tensor, options?: LossOptions): tf.Tensor;
}

/** Parameters of all losses; each takes its own and leaves the others alone. */
export interface LossFnOptions
  extends CharbonnierParameters,
    SsimParameters,
    HybridLightParameters,
    Partial<PerceptualParameters> {}

/**
 * The loss of a name, its parameters fixed (the tutorial's `get_loss_fn`).
 *
 * @param name `'mse'`, `'l1'`, `'charbonnier'`, `'ssim'`, `'perceptual'` or `'hybrid_light'`, in upper or lower case.
 * @param parameters Those of the loss, such as the tutorial's `loss_weights` `{ alpha, beta, gamma }` for
 * `'hybrid_light'`. `'perceptual'` needs `features`.
 * @throws If the name is unknown, or `'perceptual'` has no features. What else is wrong the loss itself says.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { getLossFn } from 'diffusion-ssl/losses';
 *
 * const loss = getLossFn('hybrid_light', { alpha: 0.9, beta: 0.1, gamma: 0 });
 * const [prediction, target] = [tf.zeros([2, 16, 16, 4]), tf.ones([2, 16, 16, 4])];
 * console.log((await loss(prediction, target, { reduction: 'none' }).data()).length); // 2
 * ```
 */
export function getLossFn(name: LossName, parameters: LossFnOptions = {}): LossFunction {
  const lowerCase = String(name).toLowerCase() as LossName;
  checkOneOf('getLossFn: name', lowerCase, Object.keys(LOSSES) as LossName[]);
  const { features } = parameters;
  if (lowerCase === 'perceptual' && features === undefined) {
    throw argumentError('getLossFn: features', features, "a Vgg16Features for 'perceptual'");
  }
  const loss = LOSSES[lowerCase] as (
    prediction: tf.Tensor,
    target: tf.Tensor,
    options: LossOptions & LossFnOptions,
  ) => tf.Tensor;
  return ((prediction, target, options) =>
    loss(prediction, target, { ...parameters, ...options })) as LossFunction;
}

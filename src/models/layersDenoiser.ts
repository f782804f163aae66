import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { ConditionFields, Denoiser } from '../diffusion/Denoiser.js';
import type { FeatureDenoiser } from '../diffusion/FeatureDenoiser.js';
import { checkDenoiserModel, denoiserInputs } from './denoiserInputs.js';
import { applyLayer, LayerGraph } from './LayerGraph.js';
import { layersOf } from './layersOf.js';
import { setDropoutStep } from './setDropoutStep.js';
import { withActivations } from './withActivations.js';
import { withStockRandomness } from './withStockRandomness.js';

/**
 * A `tf.LayersModel` as a denoiser. Its first two inputs are x and t; further ones are conditions, which come by the
 * inputs' names: of a model with inputs x, t, `season` and `gsd` the condition is `{ season, gsd }`, tensors with the
 * batch first. One number a sample may be [batch] or [batch, 1].
 *
 * In training, dropout draws the masks of the call's `step`: the layers of this package, stock ones, and layers of your
 * own that have a property `dropoutStep`. For many predictions, such as samples, `inferenceModel` makes a faster one.
 * Activations are known by the names of the model's layers; those without one are counted, as `namedParameters` does.
 *
 * @throws {ConfigError} If the model does not begin with x and t. On a call, if the condition's fields are not the
 * inputs', or, in training, if a stock layer draws random numbers without a seed, such as GaussianNoise.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { layersDenoiser, unetAttD } from 'diffusion-ssl/models';
 *
 * const denoiser = layersDenoiser(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }));
 * const call = { training: false, step: 0 };
 * const prediction = denoiser(tf.zeros([1, 32, 32, 4]), tf.tensor1d([999], 'int32'), undefined, call);
 * console.log(prediction.shape); // [1, 32, 32, 4]
 * ```
 */
export function layersDenoiser(model: tfl.LayersModel): FeatureDenoiser<ConditionFields | undefined> {
  checkDenoiserModel('layersDenoiser', model);
  const layers = layersOf(model);
  const denoiser: Denoiser<ConditionFields | undefined> = (xT, t, condition, { training, step }) => {
    const apply = () =>
      tf.tidy(() => {
        const inputs = denoiserInputs('layersDenoiser', model, [xT, t], condition);
        return model.apply(inputs, { training }) as tf.Tensor;
      });
    if (!training) return apply();
    setDropoutStep(model, step);
    return withStockRandomness(layers, step, apply);
  };
  return withActivations('layersDenoiser', denoiser, {
    model,
    graph: new LayerGraph(model),
    apply: applyLayer,
  });
}

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { ConditionFields, Denoiser } from '../diffusion/Denoiser.js';
import type { FeatureDenoiser } from '../diffusion/FeatureDenoiser.js';
import { ConfigError } from '../errors/ConfigError.js';
import { checkDenoiserModel, denoiserInputs } from './denoiserInputs.js';
import { inferenceLayer } from './inferenceLayer.js';
import { type ApplyLayer, LayerGraph } from './LayerGraph.js';
import { withActivations } from './withActivations.js';

/** What {@link inferenceModel} makes of a model. */
export interface InferenceModel {
  /** The model as a denoiser that only predicts, with the conditions and the activations of `layersDenoiser`. */
  denoiser: FeatureDenoiser<ConditionFields | undefined>;
  /** From the inputs of any model, in its order, to its output. */
  predict(...inputs: tf.Tensor[]): tf.Tensor;
  /** Gives back the copies of the weights. */
  dispose(): void;
}

/**
 * Makes a model ready for many predictions, such as those of a sampler: batch normalisation is folded into the
 * convolutions before it, bias and ReLU join them, and what can be computed of the filters alone is computed once.
 *
 * Predictions equal those of the model outside training but for rounding (relative L2 error below 1e-4). The weights
 * are those at the time of the call: make a new one when the model has been trained on. It holds a copy of the weights,
 * on the wasm backend with kernels up to five times their size, and leaves the model as it is.
 *
 * @param model A model of this package, or one that extends it by other layers with one output each.
 * @throws On a prediction, where the model would; as a denoiser, where `layersDenoiser` would or in training.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { inferenceModel, unetAttD } from 'diffusion-ssl/models';
 * import { sampleDdim } from 'diffusion-ssl/samplers';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
 * const { denoiser, dispose } = inferenceModel(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }));
 * const samples = await sampleDdim(denoiser, alphaBars, { shape: [2, 32, 32, 4], steps: 5, clip: [0, 1] });
 * dispose();
 * console.log(samples.shape); // [2, 32, 32, 4]
 * ```
 */
export function inferenceModel(model: tfl.LayersModel): InferenceModel {
  const ready = new Map(model.layers.map((layer) => [layer, inferenceLayer(layer)]));
  const apply: ApplyLayer = (layer, inputs) => ready.get(layer)!.apply(inputs as tf.Tensor4D[]);
  const graph = new LayerGraph(model);
  const predict = (...inputs: tf.Tensor[]) => graph.run(inputs, [model.outputs[0]], apply)[0];
  const denoiser: Denoiser<ConditionFields | undefined> = (xT, t, condition, { training }) => {
    if (training) throw new ConfigError('inferenceModel: it predicts only; train layersDenoiser(model).');
    checkDenoiserModel('inferenceModel', model);
    return tf.tidy(() => predict(...denoiserInputs('inferenceModel', model, [xT, t], condition)));
  };
  return {
    denoiser: withActivations('inferenceModel', denoiser, { model, graph, apply }),
    predict,
    dispose: () => {
      for (const { convolutions } of ready.values()) {
        for (const convolution of convolutions) convolution.dispose();
      }
    },
  };
}

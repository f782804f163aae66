import type * as tf from '@tensorflow/tfjs-core';
import type { Denoiser } from './Denoiser.js';

/** What a call of {@link FeatureDenoiser.activations} gives and takes. */
export interface ActivationPlan {
  /** Shapes of the activations, [batch, …], in the order of the layers asked for. */
  shapes: number[][];
  /**
   * Bytes of the tensors that are held at the same time, at the peak of the pass, the activations asked for included:
   * an estimate, without what the backend keeps of the weights.
   */
  peakBytes: number;
}

/** A denoiser whose activations can be read, such as `layersDenoiser` and `inferenceModel` make of a network. */
export interface FeatureDenoiser<C = unknown> extends Denoiser<C> {
  /**
   * Names of the layers whose activations can be asked for, in the order in which they are computed: those with a map
   * [batch, height, width, channels] or tokens [batch, tokens, channels].
   */
  readonly layerNames: readonly string[];
  /**
   * The activations of layers, in the order asked for, outside training. What none of them depends on is not computed:
   * the pass stops at the deepest. They are the caller's to dispose, and nothing else stays.
   *
   * @throws If there is no layer of a name; where the denoiser would.
   */
  activations(xT: tf.Tensor, t: tf.Tensor1D, condition: C, layers: readonly string[]): tf.Tensor[];
  /**
   * Says what `activations` of these layers give and take for images of this shape, without computing them.
   *
   * @param shape Of xT, [batch, height, width, channels].
   * @throws If there is no layer of a name.
   */
  planActivations(shape: readonly number[], layers: readonly string[]): ActivationPlan;
}

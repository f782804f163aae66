import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { type InferenceLayer, inferenceLayer } from '../models/inferenceLayer.js';

/**
 * The layers of a model that neither have a weight among those trained nor read what a layer with one computes, made
 * ready for many calls outside training: anew where other weights were loaded since.
 */
export class StillLayers {
  private readonly layers: ReadonlySet<tfl.layers.Layer>;
  private readonly ready = new Map<tfl.layers.Layer, { made: InferenceLayer; weights: tf.DataId[] }>();

  constructor(model: tfl.LayersModel, trained: ReadonlySet<tf.Tensor>) {
    const known = new Map<tfl.layers.Layer, boolean>();
    const isStill = (layer: tfl.layers.Layer): boolean => {
      const answer = known.get(layer);
      if (answer !== undefined) return answer;
      const still =
        layer.weights.every((weight) => !trained.has(weight.read())) &&
        layer.inboundNodes.every(({ inboundLayers }) => inboundLayers.every(isStill));
      known.set(layer, still);
      return still;
    };
    this.layers = new Set(model.layers.filter(isStill));
  }

  /** Whether it is one of them. */
  has(layer: tfl.layers.Layer): boolean {
    return this.layers.has(layer);
  }

  /** What one of them computes of its inputs. Intermediates are left to the caller's `tf.tidy`. */
  apply(layer: tfl.layers.Layer, inputs: tf.Tensor[]): tf.Tensor {
    const weights = layer.weights.map((weight) => weight.read().dataId);
    let known = this.ready.get(layer);
    if (!known || weights.some((dataId, i) => dataId !== known?.weights[i])) {
      release(known?.made);
      known = { made: inferenceLayer(layer), weights };
      this.ready.set(layer, known);
    }
    return known.made.apply(inputs as tf.Tensor4D[]);
  }

  /** Gives back the copies of the weights. */
  dispose(): void {
    for (const { made } of this.ready.values()) release(made);
    this.ready.clear();
  }
}

function release(layer: InferenceLayer | undefined): void {
  for (const convolution of layer?.convolutions ?? []) convolution.dispose();
}

import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';

/** The layers of a model that neither have a weight among those trained nor read what a layer with one computes. */
export function stillLayers(model: tfl.LayersModel, trained: ReadonlySet<tf.Tensor>): Set<tfl.layers.Layer> {
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
  return new Set(model.layers.filter(isStill));
}

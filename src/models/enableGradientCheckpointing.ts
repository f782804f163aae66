import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { SpecLayer } from '../layers/SpecLayer.js';
import { recompute } from '../ops/recompute.js';
import { layersOf } from './layersOf.js';

/** A layer of this library, one that draws dropout masks among them. */
type Block = SpecLayer & { dropoutStep?: number };

/**
 * Lets a model keep, of each block (a layer of this library with weights), its inputs alone for the backward pass. That
 * computes the rest again: training needs less memory, and about a third more time. Losses, running statistics and
 * dropout masks stay the same; so do gradients, but for the order in which those of several blocks are added.
 *
 * diffusers' `enable_gradient_checkpointing`. Layers of other libraries are left as they are, since what they draw or
 * change is not known.
 *
 * @param model Any model of this library, or one that has its layers.
 * @returns The model.
 * @example
 * ```ts
 * import { enableGradientCheckpointing, unetAttD } from 'diffusion-ssl/models';
 *
 * const model = enableGradientCheckpointing(unetAttD({ filterConfig: [8, 8, 16, 16, 32, 32] }));
 * console.log(model.name); // 'unet_att_d'
 * ```
 */
export function enableGradientCheckpointing<M extends tfl.LayersModel>(model: M): M {
  for (const layer of layersOf(model)) {
    // Not by `instanceof`, which would draw the layers into the bundle.
    if ('parameterSpecs' in layer) checkpoint(layer as Block);
  }
  return model;
}

/** Layers that compute again. */
const checkpointed = new WeakSet<tfl.layers.Layer>();

/** Whether a layer computes again in the backward pass. */
export function isCheckpointed(layer: tfl.layers.Layer): boolean {
  return checkpointed.has(layer);
}

function checkpoint(layer: Block): void {
  if (isCheckpointed(layer) || layer.weights.length === 0) return;
  checkpointed.add(layer);
  const call = layer.call.bind(layer);
  layer.call = (inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>) => {
    const list = Array.isArray(inputs) ? inputs : [inputs];
    const adapters = [...layer.adapters.values()].flat();
    const variables = [
      ...layer.trainableWeights.map((weight) => weight.read()),
      ...adapters.flatMap((adapter) => adapter.variables),
    ];
    const step = layer.dropoutStep;
    let isFirst = true;
    const compute = (...tensors: tf.Tensor[]) => {
      const given = Array.isArray(inputs) ? tensors : tensors[0];
      if (isFirst) {
        isFirst = false;
        return call(given, kwargs) as tf.Tensor;
      }
      const next = layer.dropoutStep;
      if (step !== undefined) layer.dropoutStep = step;
      layer.isRepeating = true;
      try {
        return call(given, kwargs) as tf.Tensor;
      } finally {
        layer.isRepeating = false;
        if (next !== undefined) layer.dropoutStep = next;
      }
    };
    return recompute(compute, list, variables);
  };
}

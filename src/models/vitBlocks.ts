import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { argumentError } from '../internal/checks.js';
import type { VitBlock } from '../layers/VitBlock.js';
import { applyLayer, LayerGraph } from './LayerGraph.js';

/** The blocks of a ViT in their order. */
export function vitBlocks(functionName: string, model: tfl.LayersModel): VitBlock[] {
  const blocks = (model?.layers ?? []).filter(({ name }) => /^blocks\.\d+$/.test(name));
  // Not by `instanceof`, which would draw the layer into the bundle.
  if (blocks.length === 0 || !blocks.every((block) => 'attentionWeights' in block)) {
    throw argumentError(`${functionName}: model`, model, 'a vision transformer, of vit()');
  }
  return blocks as VitBlock[];
}

/** The tensors behind layers of a ViT, for images. */
export function vitActivations(
  model: tfl.LayersModel,
  images: tf.Tensor4D,
  layers: readonly string[],
): tf.Tensor3D[] {
  const graph = new LayerGraph(model);
  return graph.run([images], graph.find(layers), applyLayer) as tf.Tensor3D[];
}

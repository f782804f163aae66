import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { ConvBlock } from '../layers/ConvBlock.js';
import type { SpecLayer } from '../layers/SpecLayer.js';
import { addRelu } from '../ops/addRelu.js';
import { attentionGate } from '../ops/attentionGate.js';
import type { PreparedConv2d } from '../ops/PreparedConv2d.js';
import { pixelShuffle } from '../ops/pixelShuffle.js';
import { upsampleBilinear2d } from '../ops/upsampleBilinear2d.js';
import { foldBatchNorm } from './foldBatchNorm.js';
import { applyLayer } from './LayerGraph.js';

/** What a layer computes outside training, made ready for many calls. */
export interface InferenceLayer {
  /** From the layer's inputs to its output. Intermediates are left to the caller's `tf.tidy`. */
  apply(inputs: tf.Tensor4D[]): tf.Tensor;
  /** What it holds. */
  convolutions: PreparedConv2d[];
}

/** Makes a layer ready, by its class, since `instanceof` would draw all layers into the bundle. */
export function inferenceLayer(layer: tfl.layers.Layer): InferenceLayer {
  const prepare = preparations[layer.getClassName()];
  // What adapters add is computed of the layer's inputs.
  if (prepare && (layer as SpecLayer).adapters.size === 0) return prepare(layer as SpecLayer);
  return unprepared(layer);
}

const unprepared = (layer: tfl.layers.Layer): InferenceLayer => ({
  apply: (inputs) => applyLayer(layer, inputs),
  convolutions: [],
});

const preparations: Record<string, (layer: SpecLayer) => InferenceLayer> = {
  DiffusionSslConvBlock(layer) {
    const count = layer.parameterSpecs().filter(({ shape }) => shape.length === 4).length;
    const convolutions = Array.from({ length: count }, (_, i) =>
      foldBatchNorm(layer, `block.${3 * i}`, { after: `block.${3 * i + 1}`, activation: 'relu' }),
    );
    const apply = ([x]: tf.Tensor4D[]) => {
      (layer as ConvBlock).checkInput(x);
      return convolutions.reduce((y, convolution) => convolution.apply(y), x);
    };
    return { apply, convolutions };
  },

  DiffusionSslUpconvBlock(layer) {
    const normsBefore = has(layer, 'block.2.weight');
    const normsAfter = !normsBefore && has(layer, 'block.1.weight');
    if (normsBefore) {
      const convolution = foldBatchNorm(layer, 'block.2', { before: 'block.1' });
      return { apply: ([x]) => convolution.apply(upsampleBilinear2d(x)), convolutions: [convolution] };
    }
    if (normsAfter) {
      const convolution = foldBatchNorm(layer, 'block.0', { after: 'block.1', activation: 'relu' });
      return { apply: ([x]) => pixelShuffle(convolution.apply(x)), convolutions: [convolution] };
    }
    return single(foldBatchNorm(layer, 'block.0', { transpose: true }));
  },

  DiffusionSslAdditiveAttentionBlock(layer) {
    const convolutions = ['W_g', 'W_x', 'psi'].map((name) =>
      foldBatchNorm(layer, `${name}.0`, { after: `${name}.1` }),
    );
    const [gating, encoder, psi] = convolutions;
    const apply = ([gate, x]: tf.Tensor4D[]) =>
      attentionGate(x, psi.apply(addRelu(gating.apply(gate), encoder.apply(x))));
    return { apply, convolutions };
  },

  DiffusionSslConv1x1: (layer) => single(foldBatchNorm(layer, '')),

  DiffusionSslLinearSegmentationHead(layer) {
    // Of several maps the head mixes the logits, and what has another size is resized.
    const { inChannels, scale } = layer.getConfig() as { inChannels: number[]; scale: number };
    if (inChannels.length > 1 || scale !== 1) return unprepared(layer);
    return single(foldBatchNorm(layer, 'convs.0', { before: 'norms.0' }));
  },
};

const single = (convolution: PreparedConv2d): InferenceLayer => ({
  apply: ([x]) => convolution.apply(x),
  convolutions: [convolution],
});

const has = (layer: SpecLayer, name: string) => layer.parameterSpecs().some((spec) => spec.name === name);

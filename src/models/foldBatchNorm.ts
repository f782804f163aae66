import * as tf from '@tensorflow/tfjs-core';
import type { SpecLayer } from '../layers/SpecLayer.js';
import { defaultEpsilon } from '../ops/batchNorm.js';
import { PreparedConv2d, type PreparedConv2dOptions } from '../ops/PreparedConv2d.js';

/** Which batch normalisations join a convolution, by their names in the layer. */
export interface FoldedNorms {
  /** One that follows it. */
  after?: string;
  /** One before it, which only a 1×1 convolution can take in: the others would see its shift in their padding. */
  before?: string;
}

/** The convolution at `name` of a layer, its filter and bias changed so that it does what batch normalisation would. */
export function foldBatchNorm(
  layer: SpecLayer,
  name: string,
  { after, before, ...options }: FoldedNorms & PreparedConv2dOptions = {},
): PreparedConv2d {
  let convolution!: PreparedConv2d;
  tf.tidy(() => {
    const prefix = name && `${name}.`;
    let filter: tf.Tensor4D = layer.variable<tf.Rank.R4>(`${prefix}weight`);
    const biased = layer.parameterSpecs().some((spec) => spec.name === `${prefix}bias`);
    const channels = filter.shape[options.transpose ? 2 : 3];
    let bias: tf.Tensor1D = biased ? layer.variable<tf.Rank.R1>(`${prefix}bias`) : tf.zeros([channels]);
    if (before !== undefined) {
      const [scale, shift] = affine(layer, before).map((values) => tf.reshape(values, [1, 1, -1, 1]));
      bias = tf.add(bias, tf.sum(tf.mul(filter, shift), [0, 1, 2]));
      filter = tf.mul(filter, scale);
    }
    if (after !== undefined) {
      const [scale, shift] = affine(layer, after);
      filter = tf.mul(filter, scale);
      bias = tf.add(tf.mul(bias, scale), shift);
    }
    convolution = new PreparedConv2d(filter, bias, options);
  });
  return convolution;
}

/** The factor and the summand of each channel that a batch normalisation is outside training. */
function affine(layer: SpecLayer, norm: string): [tf.Tensor1D, tf.Tensor1D] {
  const read = (name: string) => layer.variable<tf.Rank.R1>(`${norm}.${name}`);
  const scale: tf.Tensor1D = tf.mul(read('weight'), tf.rsqrt(tf.add(read('running_var'), defaultEpsilon)));
  return [scale, tf.sub(read('bias'), tf.mul(read('running_mean'), scale))];
}

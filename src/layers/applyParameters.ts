import type * as tf from '@tensorflow/tfjs-core';
import { conv2d } from '../ops/conv2d.js';
import { groupNorm } from '../ops/groupNorm.js';
import { layerNorm } from '../ops/layerNorm.js';
import { linear } from '../ops/linear.js';
import { type ActivationName, activate } from './activation.js';
import { applyWeightAdding } from './applyWeight.js';
import type { SpecLayer } from './SpecLayer.js';

const variable = <R extends tf.Rank>(layer: SpecLayer, name: string) => layer.variable<R>(name);

/** A layer's convolution at `prefix`, with its bias if it has one, and what is added to it. */
export function applyConv(
  layer: SpecLayer,
  prefix: string,
  x: tf.Tensor4D,
  addend?: tf.Tensor4D,
): tf.Tensor4D {
  return applyWeightAdding(layer, prefix, { x, addend }, conv2d);
}

/** A layer's matrix at `prefix`, with its bias if it has one, and what is added to it. */
export function applyLinear<T extends tf.Tensor>(layer: SpecLayer, prefix: string, x: T, addend?: T): T {
  return applyWeightAdding<T, tf.Tensor2D>(layer, prefix, { x, addend }, linear);
}

/** A layer's layer normalisation at `prefix`, with torch's epsilon unless told otherwise. */
export function applyLayerNorm<T extends tf.Tensor>(
  layer: SpecLayer,
  prefix: string,
  x: T,
  epsilon?: number,
): T {
  return layerNorm(x, {
    weight: variable(layer, `${prefix}.weight`),
    bias: variable(layer, `${prefix}.bias`),
    epsilon,
  });
}

/** How {@link applyGroupNorm} normalises. */
export interface NormSettings {
  groups: number;
  epsilon: number;
  /** What follows. Default nothing. */
  activation?: ActivationName;
}

/** Group normalisation with given parameters and an activation behind it, in one where that can be. */
export function normalize(
  x: tf.Tensor4D,
  [weight, bias]: readonly [tf.Tensor1D | tf.Tensor2D, tf.Tensor1D | tf.Tensor2D],
  { groups, epsilon, activation }: NormSettings,
): tf.Tensor4D {
  const inOne = activation === 'silu' || activation === 'swish';
  const y = groupNorm(x, weight, bias, { groups, epsilon, activation: inOne ? 'silu' : undefined });
  return activation && !inOne ? activate(y, activation) : y;
}

/** A layer's group normalisation at `prefix`. */
export function applyGroupNorm(
  layer: SpecLayer,
  prefix: string,
  x: tf.Tensor4D,
  settings: NormSettings,
): tf.Tensor4D {
  const read = (name: string) => variable<tf.Rank.R1>(layer, `${prefix}.${name}`);
  return normalize(x, [read('weight'), read('bias')], settings);
}

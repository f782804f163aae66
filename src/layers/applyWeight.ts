import type * as tf from '@tensorflow/tfjs-core';
import type { SpecLayer } from './SpecLayer.js';
import type { WeightProduct } from './WeightAdapter.js';

/**
 * What a layer computes of an input and one of its weights, with the bias beside it where there is one, and with what
 * adapters add: a layer that applies its matrices and filters by it can be adapted by `addLora`.
 *
 * @param layer The layer.
 * @param prefix What the weight is called but for its end: of `attention.to_q.weight` `'attention.to_q'`, of `weight`
 * nothing.
 * @param x What the weight is applied to.
 * @param product How: `linear`, `conv2d`, or a function like them.
 * @returns What `product` returns. Intermediates are left to the caller's `tf.tidy`.
 * @throws If the layer has no such parameter, or is not built yet.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { applyWeight, Linear } from 'diffusion-ssl/layers';
 * import { linear } from 'diffusion-ssl/ops';
 *
 * const layer = new Linear({ name: 'projection', inFeatures: 4, outFeatures: 8 });
 * layer.build([1, 4]);
 * const y = applyWeight(layer, '', tf.ones([2, 4]), (x, weight: tf.Tensor2D, bias) => linear(x, weight, bias));
 * console.log(y.shape); // [2, 8]
 * ```
 */
export function applyWeight<T extends tf.Tensor, W extends tf.Tensor>(
  layer: SpecLayer,
  prefix: string,
  x: T,
  product: WeightProduct<T, W>,
): T {
  return applyWeightAdding(layer, prefix, { x }, product);
}

/** The same, with what is added to it. */
export function applyWeightAdding<T extends tf.Tensor, W extends tf.Tensor>(
  layer: SpecLayer,
  prefix: string,
  { x, addend }: { x: T; addend?: T },
  product: WeightProduct<T, W>,
): T {
  const name = (end: string) => (prefix ? `${prefix}.${end}` : end);
  const weight = layer.variable(name('weight')) as tf.Tensor as W;
  const bias = layer.hasVariable(name('bias')) ? layer.variable<tf.Rank.R1>(name('bias')) : undefined;
  const adapters = layer.adapters.get(prefix) ?? [];
  return adapters.reduce(
    (y, adapter) => adapter.add(y, x, product as unknown as WeightProduct<T>),
    product(x, weight, bias, { addend }),
  );
}

import * as tf from '@tensorflow/tfjs-core';
import { gelu } from '../ops/gelu.js';
import { mish } from '../ops/mish.js';
import { silu } from '../ops/silu.js';

/** Activations by their name in diffusers; `'swish'` is another name of `'silu'`. */
export type ActivationName = 'silu' | 'swish' | 'mish' | 'gelu' | 'relu';

/** The values of {@link ActivationName}. */
export const activationNames: readonly ActivationName[] = ['silu', 'swish', 'mish', 'gelu', 'relu'];

/** Applies an activation by its name; GELU is the exact one. */
export function activate<T extends tf.Tensor>(x: T, name: ActivationName): T {
  switch (name) {
    case 'silu':
    case 'swish':
      return silu(x);
    case 'mish':
      return mish(x);
    case 'gelu':
      return gelu(x);
    case 'relu':
      return tf.relu(x);
  }
}

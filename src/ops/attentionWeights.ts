import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { splitHeads } from './attentionBlocks.js';
import { checkShape } from './checkShape.js';

/**
 * What `attention` weighs the values with, by head: softmax(q · kᵀ / √(channels of a head)). For looking at; to
 * compute with it, `attention` never holds all of it.
 *
 * @param q Queries, of shape [batch, queries, channels].
 * @param k Keys, of shape [batch, keys, channels].
 * @returns Tensor of shape [batch, heads, queries, keys], whose rows have the sum 1.
 * @throws If the shapes do not fit one another, or `heads` is no divisor of the channels.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { attentionWeights } from 'diffusion-ssl/ops';
 *
 * const tokens = tf.randomNormal<tf.Rank.R3>([1, 16, 8]);
 * console.log(attentionWeights(tokens, tokens, 2).shape); // [1, 2, 16, 16]
 * ```
 */
export function attentionWeights(q: tf.Tensor3D, k: tf.Tensor3D, heads: number): tf.Tensor4D {
  const [batch, queries, channels] = q.shape;
  const keys = k.shape[1];
  checkShape('attentionWeights', 'k', k, [batch, keys, channels]);
  if (!Number.isInteger(heads) || heads < 1 || channels % heads !== 0) {
    throw argumentError('attentionWeights: heads', heads, `a divisor of ${channels} channels`);
  }
  return tf.tidy(() => {
    const scaled = tf.mul<tf.Tensor3D>(splitHeads(q, heads), 1 / Math.sqrt(channels / heads));
    const scores = tf.matMul(scaled, splitHeads(k, heads), false, true);
    return tf.reshape(tf.softmax(scores), [batch, heads, queries, keys]) as tf.Tensor4D;
  });
}

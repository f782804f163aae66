import type * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { attend, attendGradient } from './attentionBlocks.js';
import { checkShape } from './checkShape.js';
import { customGradient } from './customGradient.js';
import { runKernel } from './runKernel.js';

/** Options of {@link attention}. */
export interface AttentionOptions {
  /** Number of heads, a divisor of the channels. Default 1. */
  heads?: number;
  /** Factor of the scores. Default 1 / √(channels of a head). */
  scale?: number;
  /**
   * Added to the scores: [batch, heads, queries, keys], any of which may be 1. A constant, without a gradient. Default
   * none.
   */
  mask?: tf.Tensor4D;
}

/**
 * Attention of several heads: softmax(scale · q · kᵀ + mask) · v.
 *
 * Equals `torch.nn.functional.scaled_dot_product_attention`, with the channels of head i at the i-th of `heads` equal
 * parts. The scores are computed for some queries at a time, and again in the gradient, so that those of a long
 * sequence are never held together. Vaswani et al., "Attention is all you need" (2017); Rabe and Staats,
 * "Self-attention does not need O(n²) memory" (2021).
 *
 * @param q Queries, of shape [batch, queries, channels].
 * @param k Keys, of shape [batch, keys, channels].
 * @param v Values, of shape [batch, keys, valueChannels].
 * @returns Tensor of shape [batch, queries, valueChannels].
 * @throws If the shapes do not fit one another, or `heads` is no divisor of both numbers of channels.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { attention } from 'diffusion-ssl/ops';
 *
 * const tokens = tf.randomNormal<tf.Rank.R3>([1, 16, 8]);
 * console.log(attention(tokens, tokens, tokens, { heads: 2 }).shape); // [1, 16, 8]
 * ```
 */
export function attention(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  { heads = 1, scale, mask }: AttentionOptions = {},
): tf.Tensor3D {
  const [batch, queries, channels] = q.shape;
  const [, keys] = k.shape;
  const valueChannels = v.shape[2];
  checkShape('attention', 'k', k, [batch, keys, channels]);
  checkShape('attention', 'v', v, [batch, keys, valueChannels]);
  if (!Number.isInteger(heads) || heads < 1 || channels % heads !== 0 || valueChannels % heads !== 0) {
    throw argumentError(
      'attention: heads',
      heads,
      `a divisor of ${channels} and of ${valueChannels} channels`,
    );
  }
  const full = [batch, heads, queries, keys];
  if (mask && (mask.rank !== 4 || mask.shape.some((side, i) => side !== 1 && side !== full[i]))) {
    throw argumentError(
      'attention: the shape of mask',
      mask.shape,
      `[${full.join(', ')}], where each may be 1`,
    );
  }
  const settings = { heads, scale: scale ?? 1 / Math.sqrt(channels / heads) };
  // The kernels look for the greatest score before they scale.
  const kernel = <T extends tf.Tensor | tf.Tensor[]>(
    name: string,
    { mask, ...inputs }: Record<string, tf.Tensor | undefined>,
  ) => {
    const given = (mask ? { ...inputs, mask } : inputs) as Record<string, tf.Tensor>;
    return settings.scale > 0 ? runKernel<T>(name, given, settings) : undefined;
  };
  return customGradient<tf.Tensor3D[], tf.Tensor3D, tf.Tensor[]>(
    [q, k, v],
    (q, k, v) => ({
      value:
        kernel<tf.Tensor3D>('DiffusionSslAttention', { q, k, v, mask }) ??
        attend({ q, k, v, mask }, settings),
      saved: [q, k, v, ...(mask ? [mask] : [])],
    }),
    (dy, ...saved) => {
      const [q, k, v] = saved as tf.Tensor3D[];
      const mask = saved[3] as tf.Tensor4D | undefined;
      return (
        kernel<tf.Tensor[]>('DiffusionSslAttentionGradient', { dy, q, k, v, mask }) ??
        attendGradient(dy, { q, k, v, mask }, settings)
      );
    },
  );
}

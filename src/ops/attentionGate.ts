import * as tf from '@tensorflow/tfjs-core';
import { checkShape } from './checkShape.js';

/**
 * Multiplies an activation by the sigmoid of one logit a pixel.
 *
 * The last step of the additive attention gate of Oktay et al., "Attention U-Net" (2018).
 *
 * @param x Tensor of shape [batch, height, width, channels].
 * @param logits Tensor of shape [batch, height, width, 1].
 * @returns Tensor of the shape of `x`.
 * @throws If `logits` has another shape.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { attentionGate } from 'diffusion-ssl/ops';
 *
 * console.log(attentionGate(tf.ones([1, 2, 2, 3]), tf.zeros([1, 2, 2, 1])).shape); // [1, 2, 2, 3]
 * ```
 */
export function attentionGate(x: tf.Tensor4D, logits: tf.Tensor4D): tf.Tensor4D {
  checkShape('attentionGate', 'logits', logits, [...x.shape.slice(0, 3), 1]);
  return tf.tidy(() => tf.mul(x, tf.sigmoid(logits)));
}

import * as tf from '@tensorflow/tfjs-core';
import { checkShape } from './checkShape.js';
import { customGradient } from './customGradient.js';
import { runKernel } from './runKernel.js';

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
  return customGradient(
    [x, logits],
    (x, logits) => {
      const gated = runKernel<tf.Tensor4D[]>('DiffusionSslAttentionGate', { x, logits });
      const gate: tf.Tensor4D = gated?.[1] ?? tf.sigmoid(logits);
      return { value: gated?.[0] ?? tf.mul<tf.Tensor4D>(x, gate), saved: [x, gate] };
    },
    (dy, x, gate) => {
      const gradients = runKernel<tf.Tensor4D[]>('DiffusionSslAttentionGateGradient', { x, gate, dy });
      if (gradients) return gradients;
      return [
        () => tf.mul(dy, gate),
        () => tf.mul(tf.sum(tf.mul(dy, x), 3, true), tf.mul(gate, tf.sub(1, gate))),
      ];
    },
  );
}

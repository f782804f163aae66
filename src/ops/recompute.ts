import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './customGradient.js';

/** The part of tfjs' engine that a gradient within a gradient would lose. */
interface TapeState {
  activeTape: unknown;
}

/**
 * Applies a function of which nothing but the inputs is kept for the backward pass: that computes it again. Gradient
 * checkpointing, torch's `torch.utils.checkpoint.checkpoint`.
 *
 * The second time it must compute the same: what it draws at random must come from a key, and what it changes besides
 * it must not change again.
 *
 * Chen et al., "Training Deep Nets with Sublinear Memory Cost" (2016).
 *
 * @param compute From the inputs to a tensor, by differentiable operations.
 * @param inputs What is differentiated with respect to.
 * @param variables Other tensors that `compute` reads and that have gradients, such as weights. Default none.
 * @returns What `compute` returns, with the same gradients.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { recompute } from 'diffusion-ssl/ops';
 *
 * const slope = tf.grad((x: tf.Tensor) => recompute((x) => tf.square(tf.square(x)), [x]))(tf.scalar(2));
 * console.log(await slope.data()); // 32
 * ```
 */
export function recompute<T extends tf.Tensor>(
  compute: (...inputs: tf.Tensor[]) => T,
  inputs: readonly tf.Tensor[],
  variables: readonly tf.Tensor[] = [],
): T {
  return customGradient<tf.Tensor[], T, tf.Tensor[]>(
    [...inputs, ...variables],
    () => ({ value: compute(...inputs), saved: [...inputs] }),
    (dy, ...saved) => {
      const { state } = tf.engine() as unknown as { state: TapeState };
      const { activeTape } = state;
      const tensors = [...saved, ...variables];
      try {
        const { grads } = tf.engine().gradients(() => compute(...saved), tensors, dy, true);
        // What the result does not depend on has a gradient too: zeros.
        return grads.map((gradient, i) => gradient ?? tf.zerosLike(tensors[i]));
      } finally {
        state.activeTape = activeTape;
      }
    },
  );
}

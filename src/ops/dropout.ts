import * as tf from '@tensorflow/tfjs-core';
import { checkNumber, checkOneOf } from '../internal/checks.js';
import { keyWords, type RandomKey } from '../internal/philox.js';
import { customGradient } from './customGradient.js';
import { randomUniform } from './random.js';
import { runKernel } from './runKernel.js';

/** Which values of an activation are dropped together: single ones, or whole channels of a sample. */
export type DropoutType = 'traditional' | 'spatial';

/** The values of {@link DropoutType}. */
export const dropoutTypes: readonly DropoutType[] = ['traditional', 'spatial'];

/** Options of {@link dropout}. */
export interface DropoutOptions {
  /** Probability of dropping, in [0, 1). */
  rate: number;
  /** `'traditional'` is torch's Dropout, `'spatial'` its Dropout2d. Default `'traditional'`. */
  type?: DropoutType;
  /** Names the mask: the same key and shape give the same mask on every backend. */
  key: RandomKey;
}

/**
 * Sets random values to zero and divides the others by 1 - rate.
 *
 * Srivastava et al., "Dropout" (2014); channel-wise: Tompson et al., "Efficient object localization using
 * convolutional networks" (2015). Unlike `tf.dropout`, the mask of a seed differs from step to step and can be
 * drawn again after a resume.
 *
 * @param x Tensor of shape [batch, height, width, channels].
 * @returns Tensor of the shape of `x`.
 * @throws If the rate is not in [0, 1), the type is unknown, or the key is out of range.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { dropout } from 'diffusion-ssl/ops';
 *
 * const y = dropout(tf.ones([1, 4, 4, 2]), { rate: 0.5, key: { seed: 1, stream: 0, step: 0 } });
 * console.log(y.shape); // [1, 4, 4, 2]
 * ```
 */
export function dropout(x: tf.Tensor4D, { rate, type = 'traditional', key }: DropoutOptions): tf.Tensor4D {
  checkNumber('dropout: rate', rate, 0, 1 - 2 ** -24);
  checkOneOf('dropout: type', type, dropoutTypes);
  if (rate === 0) return tf.clone(x);
  const [key0, key1] = keyWords(key);
  const attributes = { rate, key0, key1, step: key.step, stream: key.stream };
  return customGradient(
    [x],
    (x) => {
      const dropped =
        type === 'traditional'
          ? runKernel<[tf.Tensor4D, tf.Tensor]>('DiffusionSslDropout', { x }, attributes)
          : undefined;
      if (dropped) return { value: dropped[0], saved: [dropped[1]] };
      const [batch, height, width, channels] = x.shape;
      const shape = type === 'spatial' ? [batch, 1, 1, channels] : [batch, height, width, channels];
      const kept = tf.cast(tf.greaterEqual(randomUniform(shape, key), rate), 'float32');
      const mask: tf.Tensor = tf.div(kept, 1 - rate);
      return { value: tf.mul<tf.Tensor4D>(x, mask), saved: [mask] };
    },
    (dy, mask) => [
      mask.dtype === 'bool'
        ? runKernel<tf.Tensor4D>('DiffusionSslDropoutGradient', { dy, mask }, { rate })!
        : tf.mul(dy, mask),
    ],
  );
}

import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './customGradient.js';
import { type GeluType, geluParts } from './geluParts.js';
import { runKernel } from './runKernel.js';

/** Options of {@link gelu}. */
export interface GeluOptions {
  /** `'none'`: by the error function; `'tanh'`: its usual approximation, up to 5e-4 off. Default `'none'`. */
  approximate?: GeluType;
}

/**
 * x · Φ(x) with Φ the distribution function of the standard normal distribution.
 *
 * Equals `torch.nn.functional.gelu`. Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016).
 *
 * @param x Tensor of any shape.
 * @returns Tensor of the shape of `x`.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { gelu } from 'diffusion-ssl/ops';
 *
 * console.log((await gelu(tf.tensor1d([1])).data())[0].toFixed(4)); // 0.8413
 * ```
 */
export function gelu<T extends tf.Tensor>(x: T, { approximate = 'none' }: GeluOptions = {}): T {
  const kind = approximate === 'none' ? 1 : 2;
  return customGradient(
    [x],
    (x) => ({
      value:
        runKernel<T>('DiffusionSslActivate', { x }, { kind }) ?? (geluParts(x, approximate).value() as T),
      saved: [x],
    }),
    (dy, x) => [
      runKernel<tf.Tensor>('DiffusionSslActivateGradient', { x, dy }, { kind }) ??
        tf.mul(dy, geluParts(x, approximate).slope()),
    ],
  );
}

import { DiffusionSslError } from './DiffusionSslError.js';

/**
 * What was asked for is not accepted: an argument, an option, a flag, or a key of a configuration. The message names
 * it, the value received and what is accepted.
 *
 * @example
 * ```ts
 * import { makeBetaSchedule, qSample } from 'diffusion-ssl/diffusion';
 * import { ConfigError } from 'diffusion-ssl/errors';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * try {
 *   qSample(tf.ones([1, 8, 8, 4]), [1000], makeBetaSchedule(1000), tf.zeros([1, 8, 8, 4]));
 * } catch (error) {
 *   console.log(error instanceof ConfigError); // true
 * }
 * ```
 */
export class ConfigError extends DiffusionSslError {
  override readonly name = 'ConfigError';
}

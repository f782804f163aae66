import { DiffusionSslError } from '../errors/DiffusionSslError.js';

const ADVICE = 'Check the chips of this batch for extreme values, or lower the learning rate.';

/**
 * A training step met a loss, or gradients, that are NaN or infinite; no trainable weight was changed. `trainStep`
 * throws it, so that a trainer can name the files of the batch.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { layersDenoiser, namedParameters, unetAttD } from 'diffusion-ssl/models';
 * import { AdamW } from 'diffusion-ssl/optimizers';
 * import { NonFiniteLossError, trainStep } from 'diffusion-ssl/training';
 *
 * const model = unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] });
 * const parameters = namedParameters(model).filter(({ spec }) => spec.trainable);
 * const x0 = tf.fill([2, 32, 32, 4], Number.NaN) as tf.Tensor4D;
 * const batch = { x0, t: Int32Array.of(0, 1), noise: tf.zeros([2, 32, 32, 4]) as tf.Tensor4D };
 * try {
 *   const options = { optimizer: new AdamW(), parameters, alphaBars: [0.9, 0.5], step: 0 };
 *   await trainStep(layersDenoiser(model), [batch], options);
 * } catch (error) {
 *   console.log(error instanceof NonFiniteLossError && error.loss); // NaN
 * }
 * ```
 */
export class NonFiniteLossError extends DiffusionSslError {
  override readonly name = 'NonFiniteLossError';

  constructor(
    readonly loss: number,
    readonly gradientNorm?: number,
    /** Who met it, and what to look at. */
    { by = 'trainStep', advice = ADVICE }: { by?: string; advice?: string } = {},
  ) {
    const what = gradientNorm === undefined ? `loss is ${loss}` : `norm of the gradients is ${gradientNorm}`;
    super(`${by}: the ${what}; no weight was changed. ${advice}`);
  }
}

import * as tf from '@tensorflow/tfjs-core';
import { checkInteger } from '../internal/checks.js';
import { randomNormal } from '../internal/philox.js';
import { randomStreams } from '../internal/streams.js';
import type { NoiseSource } from './types.js';

/**
 * The samplers' default noise source: standard normals of Philox4x32-10 that depend on the seed and the step alone,
 * not on the backend nor on what was drawn before.
 *
 * @param seed an integer in [0, 2^53).
 * @throws If the seed is not such an integer.
 * @example
 * ```ts
 * import { gaussianNoise } from 'diffusion-ssl/samplers';
 *
 * const noise = gaussianNoise(7);
 * const start = noise([2, 8, 8, 4], 0);
 * console.log(start.shape); // [2, 8, 8, 4]
 * start.dispose();
 * ```
 */
export function gaussianNoise(seed: number): NoiseSource {
  checkInteger('gaussianNoise: seed', seed, 0);
  return (shape, step) =>
    tf.tensor(
      randomNormal(tf.util.sizeFromShape(shape), { seed, stream: randomStreams.sampler, step }),
      shape,
    );
}

import type * as tf from '@tensorflow/tfjs-core';
import { offsetNoise } from 'diffusion-ssl/diffusion';
import { randomNormal } from 'diffusion-ssl/ops';
import type { PretrainConfig } from '../config/PretrainConfig.js';

const NOISE_STREAM = 11;
const OFFSET_STREAM = 12;

/** The noise of a training batch: by seed and number of the batch alone. */
export function drawNoise(
  { seed, noiseOffset: strength }: PretrainConfig,
  shape: [number, number, number, number],
  step: number,
): tf.Tensor4D {
  const noise = randomNormal<tf.Rank.R4>(shape, { seed, stream: NOISE_STREAM, step });
  if (strength === 0) return noise;
  const shifted = offsetNoise(noise, { strength, key: { seed, stream: OFFSET_STREAM, step } });
  noise.dispose();
  return shifted;
}

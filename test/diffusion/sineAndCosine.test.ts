import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { sineAndCosine } from '../../src/diffusion/sineAndCosine.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

it('has sine and cosine to float32 rounding up to 1000, where WebGPU has its own to 2e-4', async () => {
  const angles = Float32Array.from({ length: 5000 }, (_, i) => (i - 100) * 0.2047);
  const [sine, cosine] = tf.tidy(() => sineAndCosine(tf.tensor1d(angles)));
  expectClose(await sine.data(), Array.from(angles, Math.sin), { abs: 1e-6 });
  expectClose(await cosine.data(), Array.from(angles, Math.cos), { abs: 1e-6 });
  expect(angles.at(-1)).toBeGreaterThan(1000);
});

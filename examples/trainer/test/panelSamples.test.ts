import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAlphaSchedule } from '../../../src/diffusion/computeAlphaSchedule.js';
import type { Denoiser } from '../../../src/diffusion/Denoiser.js';
import { makeBetaSchedule } from '../../../src/diffusion/makeBetaSchedule.js';
import { startTestBackend } from '../../../test/support/backend.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { displayOf } from '../src/pictures/display.js';
import { panelSamples } from '../src/pictures/panelSamples.js';

const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000, { type: 'linear' }));
const [CHIPS, SIDE] = [4, 32];
const VALUE = 0.2;
const images = new Float32Array(CHIPS * SIDE ** 2).fill(VALUE);
/** Predicts zero everywhere, so that its error is the mean square of what it should have predicted. */
const denoiser: Denoiser = (xT) => tf.zerosLike(xT);

beforeAll(startTestBackend);

describe('panelSamples', () => {
  it.each([
    ['noise', () => 1],
    ['x0', () => VALUE ** 2],
    ['v', (alphaBar: number) => alphaBar + (1 - alphaBar) * VALUE ** 2],
  ] as const)('tells the error of what is predicted: %s', async (kind, expected) => {
    const config = parsePretrainOptions(['--prediction-type', kind]).config;
    const display = displayOf(config, { min: [0], max: [1], mean: [0], std: [1] });
    const samples = await panelSamples(
      denoiser,
      { images, shape: [CHIPS, SIDE, SIDE, 1], rows: [0, 1, 2, 3] },
      { config, alphaBars, display },
    );
    expect(samples.map(({ t }) => t)).toEqual([125, 375, 625, 875]);
    for (const { t, note } of samples) {
      const error = Number(/^error (\d+\.\d{3})$/.exec(note ?? '')?.[1]);
      // The mean square of so many values of noise is 1 within a few percent.
      expect(Math.abs(error / expected(alphaBars[t]) - 1)).toBeLessThan(0.1);
    }
  });
});

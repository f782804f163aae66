import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { qSample } from '../../src/diffusion/qSample.js';
import { BackendError } from '../../src/errors/BackendError.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { sampleDdim } from '../../src/samplers/sampleDdim.js';
import { diffusionLoss } from '../../src/training/diffusionLoss.js';
import { trainStep } from '../../src/training/trainStep.js';

const nothing = {} as never;
const calls: [string, () => unknown][] = [
  ['unetAttD', () => unetAttD()],
  ['qSample', () => qSample(nothing, nothing, nothing, nothing)],
  ['diffusionLoss', () => diffusionLoss(nothing, nothing, nothing)],
  ['trainStep', () => trainStep(nothing, nothing, nothing)],
  ['sampleDdim', () => sampleDdim(() => nothing, [0.9, 0.5], { shape: [1, 2] })],
];

// This file starts no backend.
describe.each([
  ['is registered', /No backend found/, () => undefined],
  [
    'has finished to start',
    /has not yet been initialized/,
    () =>
      tf.findBackendFactory('slow') ??
      tf.registerBackend('slow', () => new Promise<tf.KernelBackend>(() => {})),
  ],
])('where no backend %s', (_, cause, register) => {
  it.each(calls)('%s says so, and how to start one', async (name, call) => {
    register();
    const error = await (async () => call())().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(BackendError);
    const { message, cause: behind } = error as BackendError;
    expect(message).toMatch(new RegExp(`^${name}: no backend is started: await initBackend\\(\\)`));
    expect((behind as Error).message).toMatch(cause);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { registerTrainingKernels } from '../../../src/kernels/wasm/registerTrainingKernels.js';
import { startTestBackend } from '../../support/backend.js';
import { compute, operations, shapes } from '../operations.js';
import { expectAgreement } from './checkKernel.js';

describe('operations with kernels agree with their composition', () => {
  it.each(Object.entries(operations))('%s', async (_, operation) => {
    await startTestBackend();
    const composed = shapes.map((shape) => compute(operation, shape));
    const { unregister } = await registerTrainingKernels();
    try {
      for (const [i, shape] of shapes.entries()) {
        const results = compute(operation, shape);
        for (const [name, tensor] of Object.entries(results)) {
          const expected = composed[i][name];
          expect(tensor.shape).toEqual(expected.shape);
          expectAgreement(await tensor.data(), await expected.data(), `${name}, ${shape}`);
        }
        tf.dispose([results, composed[i]]);
      }
    } finally {
      await unregister();
    }
  });
});

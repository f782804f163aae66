import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { EagerOps } from '../../../src/kernels/node/EagerOps.js';
import { registerNodeKernels } from '../../../src/kernels/node/registerNodeKernels.js';
import { batchNormTraining } from '../../../src/ops/batchNorm.js';
import { conv2d } from '../../../src/ops/conv2d.js';
import { conv2dTranspose } from '../../../src/ops/conv2dTranspose.js';
import { dropout } from '../../../src/ops/dropout.js';
import { updateRunningStatistics } from '../../../src/ops/updateRunningStatistics.js';
import { AdamW } from '../../../src/optimizers/AdamW.js';
import { clipByGlobalNorm } from '../../../src/optimizers/clipByGlobalNorm.js';
import { upload } from '../../ops/checkOp.js';
import { randomTensor } from '../../ops/referenceOps.js';
import { compute, type Operation, operations, shapes } from '../operations.js';
import { expectAgreement, expectIdentical } from '../wasm/checkKernel.js';
import { startNode } from './startNode.js';

const reason = await startNode();

const convolution = (size: number): Operation => ({
  shapes: ([b, h, w, c]) => [
    [b, h, w, c],
    [size, size, c, 1 + (c % 7)],
  ],
  op: (x, filter) => conv2d(x as tf.Tensor4D, filter as tf.Tensor4D),
});
const biased = (size: number): Operation => ({
  shapes: (shape) => [...convolution(size).shapes(shape), [1 + (shape[3] % 7)]],
  op: (x, filter, bias) => conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D),
});
const transposed = (size: number): Operation => ({
  shapes: ([b, h, w, c]) => [
    [b, h, w, c],
    [size, size, 1 + (c % 7), c],
  ],
  op: (x, filter) => conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D),
});
const all: Record<string, Operation> = {
  ...operations,
  ...{ 'conv2d 1×1': convolution(1), 'conv2d 3×3': convolution(3) },
  ...{ 'conv2d 1×1 with bias': biased(1), 'conv2d 3×3 with bias': biased(3) },
  ...{ 'conv2dTranspose 2×2': transposed(2), 'conv2dTranspose 4×4': transposed(4) },
};

/** Results of `body` without kernels and with them, and the tensors that the second left besides its results. */
function withAndWithout(body: () => tf.Tensor[]): { composed: tf.Tensor[]; computed: tf.Tensor[] } {
  const composed = tf.tidy(body);
  const unregister = registerNodeKernels();
  try {
    const before = tf.memory().numTensors;
    const computed = tf.tidy(body);
    expect(tf.memory().numTensors - before, 'tensors left behind').toBe(computed.length);
    return { composed, computed };
  } finally {
    unregister();
  }
}

async function expectEqualResults(body: () => tf.Tensor[]): Promise<void> {
  const { composed, computed } = withAndWithout(body);
  for (const [i, tensor] of computed.entries()) {
    expect(tensor.shape).toEqual(composed[i].shape);
    expectAgreement(await tensor.data(), await composed[i].data(), `result ${i}`);
  }
  tf.dispose([composed, computed]);
}

describe.skipIf(reason)(
  `TensorFlow's own operations agree with the composition${reason ? ` (${reason})` : ''}`,
  () => {
    it.each(Object.entries(all))('%s, value and gradients', async (_, operation) => {
      for (const shape of shapes) await expectEqualResults(() => Object.values(compute(operation, shape)));
    });

    it.each<[string, Operation['op'], number[][]]>([
      [
        'conv2d 3×3',
        all['conv2d 3×3'].op,
        [
          [3, 2, 3, 256],
          [3, 3, 256, 260],
        ],
      ],
      [
        'conv2dTranspose 4×4',
        all['conv2dTranspose 4×4'].op,
        [
          [2, 1, 2, 512],
          [4, 4, 130, 512],
        ],
      ],
      [
        'conv2dTranspose 2×2',
        all['conv2dTranspose 2×2'].op,
        [
          [1, 3, 2, 512],
          [2, 2, 130, 512],
        ],
      ],
    ])('%s of few pixels and many channels is a matrix product', async (_, op, inputs) => {
      const run = vi.spyOn(EagerOps.prototype, 'runAll');
      try {
        await expectEqualResults(() => Object.values(compute({ shapes: () => inputs, op }, [])));
        // The value, which is computed again for the gradients.
        expect(run.mock.calls.filter(([name]) => name === 'MatMul')).toHaveLength(4);
      } finally {
        run.mockRestore();
      }
    });

    it('batch norm with ReLU, of channels that oneDNN takes eight at a time', () =>
      expectEqualResults(() =>
        Object.values(compute(operations['batchNormTraining and ReLU'], [3, 9, 7, 24])),
      ));

    it.each([0.1, 0.5, 0.9])('dropout of %s draws the same mask, bit for bit', async (rate) => {
      const x = upload<tf.Rank.R4>(randomTensor([3, 7, 5, 17], 1));
      const key = { seed: 2 ** 40 + 7, stream: 2 ** 31 + 5, step: 2 ** 32 - 1 };
      const { composed, computed } = withAndWithout(() => [dropout(x, { rate, key })]);
      expectIdentical(await computed[0].data(), await composed[0].data());
      tf.dispose([x, composed, computed]);
    });

    it('statistics of batch norm, and what is remembered of them', () =>
      expectEqualResults(() => {
        const x = upload<tf.Rank.R4>(randomTensor([2, 3, 5, 6], 1));
        const [weight, bias, runningMean, runningVar] = [2, 3, 4, 5].map((seed) =>
          upload<tf.Rank.R1>(randomTensor([6], seed)),
        );
        const { y, mean, variance } = batchNormTraining(x, weight, bias, { activation: 'relu' });
        const running = { runningMean, runningVar, tracked: tf.scalar(41, 'int32') };
        return [y, mean, variance, ...updateRunningStatistics(running, { mean, variance, count: 30 }, 0.1)];
      }));

    it.each([{ weightDecay: 0.1 }, { weightDecay: 0.1, decoupledWeightDecay: false }, { weightDecay: 0 }])(
      'three steps of Adam with %o: parameters and moments',
      async (options) => {
        const train = async () => {
          const variables = [[5], [70, 80], [3, 3, 2], [4096]].map((shape, i) =>
            tf.tidy(() => tf.variable(upload(randomTensor(shape, i + 1)))),
          );
          const optimizer = new AdamW({ learningRate: 0.01, ...options });
          const cost = (step: number) => () =>
            tf.addN(variables.map((variable) => tf.sum(tf.square(tf.sub(variable, step))))) as tf.Scalar;
          for (const step of [1, 2, 3]) optimizer.minimize(cost(step), false, variables);
          const { slots } = await optimizer.state(
            variables.map((variable, i) => ({ name: String(i), variable })),
          );
          const values = await Promise.all(variables.map((variable) => variable.data<'float32'>()));
          const results = [...values, ...Object.values(slots).flatMap((slot) => [...slot.values()])];
          optimizer.dispose();
          tf.dispose(variables);
          return results;
        };
        const composed = await train();
        const unregister = registerNodeKernels();
        const before = tf.memory().numTensors;
        const computed = await train();
        expect(tf.memory().numTensors).toBe(before);
        unregister();
        expect(computed).toHaveLength(12);
        for (const [i, values] of computed.entries()) expectAgreement(values, composed[i], `result ${i}`);
      },
    );

    it.each([1e-3, 1e3])('clipping to %f, and the norm', (maxNorm) =>
      expectEqualResults(() => {
        const tensors = [[5], [7, 3], [3, 3, 2, 4]].map((shape, i) => upload(randomTensor(shape, i + 1)));
        const { gradients, norm } = clipByGlobalNorm(Object.fromEntries(tensors.entries()), maxNorm);
        return [norm, ...Object.values(gradients)];
      }),
    );
  },
);

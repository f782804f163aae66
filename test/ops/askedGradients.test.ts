import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { namedParameters } from '../../src/models/namedParameters.js';
import { setDropoutStep } from '../../src/models/setDropoutStep.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { attentionGate } from '../../src/ops/attentionGate.js';
import { batchNormInference } from '../../src/ops/batchNorm.js';
import { biasAdd } from '../../src/ops/biasAdd.js';
import { concatChannels } from '../../src/ops/concatChannels.js';
import { conv2d } from '../../src/ops/conv2d.js';
import { conv2dTranspose } from '../../src/ops/conv2dTranspose.js';
import { randomNormal } from '../../src/ops/random.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);
afterEach(() => {
  vi.restoreAllMocks();
});

const draw = (shape: number[], step: number) =>
  randomNormal(shape as [number, number, number, number], { seed: 1, stream: 0, step });

/** The kernels that run in `body`, by name. */
function kernelsOf(body: () => void): Map<string, number> {
  const counts = new Map<string, number>();
  const spy = vi.spyOn(tf.engine(), 'runKernel');
  body();
  for (const [name] of spy.mock.calls) counts.set(name, (counts.get(name) ?? 0) + 1);
  spy.mockRestore();
  return counts;
}

const total = (counts: Map<string, number>) => [...counts.values()].reduce((sum, count) => sum + count, 0);

/** Operations of several inputs, each with inputs for a gradient, and their number of gradients computed jointly. */
const operations: Record<string, [(...inputs: tf.Tensor4D[]) => tf.Tensor, number[][]]> = {
  'conv2d 3×3': [
    (x, filter) => conv2d(x, filter),
    [
      [2, 8, 8, 4],
      [3, 3, 4, 8],
    ],
  ],
  'conv2d 1×1': [
    (x, filter) => conv2d(x, filter),
    [
      [2, 8, 8, 4],
      [1, 1, 4, 8],
    ],
  ],
  'conv2d with a bias': [
    (x, filter, bias) => conv2d(x, filter, bias as unknown as tf.Tensor1D),
    [[2, 8, 8, 4], [3, 3, 4, 8], [8]],
  ],
  conv2dTranspose: [
    (x, filter) => conv2dTranspose(x, filter),
    [
      [2, 8, 8, 4],
      [4, 4, 8, 4],
    ],
  ],
  biasAdd: [(x, bias) => biasAdd(x, bias as unknown as tf.Tensor1D), [[2, 8, 8, 4], [4]]],
  attentionGate: [
    (x, logits) => attentionGate(x, logits),
    [
      [2, 8, 8, 4],
      [2, 8, 8, 1],
    ],
  ],
  concatChannels: [
    (a, b) => concatChannels(a, b),
    [
      [2, 8, 8, 4],
      [2, 8, 8, 2],
    ],
  ],
  batchNormInference: [
    (x, weight, bias) => {
      const [mean, variance] = [tf.zeros([4]), tf.ones([4])] as tf.Tensor1D[];
      const parameters = { weight, bias, mean, variance } as unknown as Parameters<
        typeof batchNormInference
      >[1];
      return batchNormInference(x, parameters);
    },
    [[2, 8, 8, 4], [4], [4]],
  ],
};

/** What one kernel computes together, in one pass over the same values. */
const JOINT = [
  'DiffusionSslAttentionGateGradient',
  'DiffusionSslBatchNormGradient',
  'DiffusionSslSplitChannels',
];

describe('gradients of operations', () => {
  it.each(Object.entries(operations))('%s: only those that are asked for', async (_, [op, shapes]) => {
    const inputs = shapes.map((shape, i) => draw(shape, i) as tf.Tensor4D);
    const dy = tf.onesLike(op(...inputs));
    const all = kernelsOf(() => tf.dispose(tf.grads(op as (...x: tf.Tensor[]) => tf.Tensor)(inputs, dy)));
    const gradients = tf.grads(op as (...x: tf.Tensor[]) => tf.Tensor)(inputs, dy);
    for (const [i, input] of inputs.entries()) {
      const alone = (x: tf.Tensor) => op(...inputs.map((other, j) => (j === i ? (x as tf.Tensor4D) : other)));
      const counts = kernelsOf(() => tf.dispose(tf.grad(alone)(input, dy)));
      if (!JOINT.some((name) => all.has(name)))
        expect(total(counts), `gradient ${i}`).toBeLessThan(total(all));
      const gradient = tf.grad(alone)(input, dy);
      expect(await gradient.data()).toEqual(await gradients[i].data());
    }
  });

  it('leave no tensor behind when one is asked for', async () => {
    const [x, filter] = [draw([2, 8, 8, 4], 0), draw([3, 3, 4, 8], 1)] as tf.Tensor4D[];
    await expectTensorsKept(0, () =>
      tf
        .grad((filter: tf.Tensor) => conv2d(x, filter as tf.Tensor4D))(filter)
        .dispose(),
    );
    await expectTensorsKept(0, () =>
      tf
        .grad((x: tf.Tensor) => conv2d(x as tf.Tensor4D, filter))(x)
        .dispose(),
    );
  });
});

describe('gradients of a network', () => {
  const model = () => unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8], upmode: 'deconv_2' });

  /** Gradients of the parameters chosen, and the kernels of the backward pass. */
  function backward(network: ReturnType<typeof model>, chosen: (name: string) => boolean) {
    const x = draw([2, 32, 32, 4], 3);
    const t = tf.tensor1d([3, 700], 'int32');
    const parameters = namedParameters(network).filter(({ name, spec }) => spec.trainable && chosen(name));
    const loss = () => {
      setDropoutStep(network, 1);
      return tf.sum(network.apply([x, t], { training: true }) as tf.Tensor) as tf.Scalar;
    };
    const forward = kernelsOf(() => tf.dispose(tf.tidy(loss)));
    let gradients!: tf.NamedTensorMap;
    const both = kernelsOf(() => {
      gradients = tf.variableGrads(
        loss,
        parameters.map(({ variable }) => variable),
      ).grads;
    });
    const counts = new Map([...both].map(([name, count]) => [name, count - (forward.get(name) ?? 0)]));
    const byName = new Map(parameters.map(({ name, variable }) => [name, gradients[variable.name]]));
    return { counts, byName };
  }

  it('skip the filters of frozen layers and the input of the network', async () => {
    const network = model();
    const all = backward(network, () => true);
    // Middle layers are frozen: the gradient goes through them, and costs no filter gradient.
    const isFrozen = (name: string) =>
      /^(encoder_[3-6]|decoder_[1-3]|conv[1-3]|Att[1-3]|add_time|time_mlp)/.test(name);
    const some = backward(network, (name) => !isFrozen(name));
    const filters = namedParameters(network).filter(
      ({ name, spec }) => spec.shape.length === 4 && isFrozen(name),
    ).length;
    expect(filters).toBeGreaterThan(20);
    for (const [name, gradient] of some.byName) {
      expectClose(await gradient.data(), await all.byName.get(name)!.data(), { abs: 0 });
    }
    if (process.env.TEST_KERNELS) {
      const filterGradients = ({ counts }: typeof all) =>
        ['DiffusionSslConv2DBackpropFilter', 'DiffusionSslConv2DTransposeBackpropFilter'].map(
          (name) => counts.get(name) ?? 0,
        );
      const sum = (values: number[]) => values.reduce((a, b) => a + b);
      expect(sum(filterGradients(all)) - sum(filterGradients(some))).toBe(filters);
      // The first convolution of the network reads the input alone.
      const convolutions = namedParameters(network).filter(
        ({ name, spec }) => spec.shape.length === 4 && !name.startsWith('decoder_'),
      ).length;
      expect(all.counts.get('DiffusionSslConv2DBackpropInput')).toBe(convolutions - 1);
    } else {
      expect(total(all.counts) - total(some.counts)).toBeGreaterThan(2 * filters);
    }
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { charbonnier, getLossFn, hybridLight, type LossName, ssim } from '../../src/losses/index.js';
import { checkOp } from '../ops/checkOp.js';
import { type HostTensor, randomTensor } from '../ops/referenceOps.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

type Elementwise = (a: HostTensor, b: HostTensor) => Float64Array;

const gauss = Array.from({ length: 11 }, (_, i) => Math.exp(-((i - 5) ** 2) / 4.5));
const gaussSum = gauss.reduce((sum, value) => sum + value);

/** 1 − SSIM of each element, by the definition: a window in two dimensions, zeros beyond the border. */
const dissimilarity =
  (dataRange = 1): Elementwise =>
  (a, b) => {
    const [, height, width, channels] = a.shape;
    const [c1, c2] = [(0.01 * dataRange) ** 2, (0.03 * dataRange) ** 2];
    return a.data.map((_, index) => {
      const x = Math.floor(index / channels) % width;
      const y = Math.floor(index / channels / width) % height;
      let [p, q, pp, qq, pq] = [0, 0, 0, 0, 0];
      for (let dy = Math.max(-5, -y); dy <= Math.min(5, height - 1 - y); dy++) {
        for (let dx = Math.max(-5, -x); dx <= Math.min(5, width - 1 - x); dx++) {
          const weight = (gauss[dy + 5] * gauss[dx + 5]) / gaussSum ** 2;
          const at = index + (dy * width + dx) * channels;
          p += weight * a.data[at];
          q += weight * b.data[at];
          pp += weight * a.data[at] ** 2;
          qq += weight * b.data[at] ** 2;
          pq += weight * a.data[at] * b.data[at];
        }
      }
      const numerator = (2 * p * q + c1) * (2 * (pq - p * q) + c2);
      return 1 - numerator / ((p ** 2 + q ** 2 + c1) * (pp - p ** 2 + qq - q ** 2 + c2));
    });
  };

/** KL(N(μa, σa²) ‖ N(μb, σb²)) of all elements. */
function divergence(a: HostTensor, b: HostTensor): number {
  const [first, second] = [a.data, b.data].map((values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return { mean, variance: squares / (values.length - 1) };
  });
  const spread = (first.variance + (first.mean - second.mean) ** 2) / second.variance;
  return (Math.log(second.variance / first.variance) + spread - 1) / 2;
}

const hybrid: Elementwise = (a, b) => {
  const [windowed, kl] = [dissimilarity()(a, b), divergence(a, b)];
  return a.data.map((value, i) => 0.7 * (value - b.data[i]) ** 2 + 0.4 * windowed[i] + 0.5 * kl);
};

describe('values and gradients equal the definition in float64 and its finite differences', () => {
  const shape = [2, 4, 5, 2];
  const size = 40;
  const weights = [0.5, 3];
  const perSample =
    (elementwise: Elementwise) =>
    (a: HostTensor, b: HostTensor): HostTensor => {
      const values = elementwise(a, b);
      const sums = weights.map((weight, i) =>
        values.subarray(i * size, (i + 1) * size).reduce((sum, value) => sum + weight * value, 0),
      );
      return { shape: [2], data: Float64Array.from(sums, (sum) => sum / size) };
    };
  const total =
    (elementwise: Elementwise) =>
    (a: HostTensor, b: HostTensor): HostTensor => ({
      shape: [],
      data: Float64Array.of(perSample(elementwise)(a, b).data.reduce((sum, value) => sum + size * value, 0)),
    });

  it.each<[string, typeof ssim, object, Elementwise]>([
    [
      'charbonnier',
      charbonnier,
      { epsilon: 0.3 },
      (a, b) => a.data.map((v, i) => Math.hypot(v - b.data[i], 0.3)),
    ],
    ['ssim', ssim, {}, dissimilarity()],
    ['ssim of another range', ssim, { dataRange: 8 }, dissimilarity(8)],
    ['hybridLight', hybridLight, { alpha: 0.7, beta: 0.4, gamma: 0.5 }, hybrid],
  ])('%s', async (_, loss, parameters, elementwise) => {
    const inputs = [randomTensor(shape, 1), randomTensor(shape, 2)];
    for (const input of inputs)
      input.data.forEach((value, i) => {
        input.data[i] = Math.fround(value / 2 + 0.6);
      });
    for (const [reduction, reference] of [
      ['none', perSample],
      ['sum', total],
    ] as const) {
      await checkOp({
        inputs,
        op: (a, b) => loss(a, b, { ...parameters, reduction, weights }),
        reference: reference(elementwise),
      });
    }
  });
});

describe('what would give NaN', () => {
  const losses: LossName[] = ['charbonnier', 'ssim', 'hybrid_light'];

  it.each(losses)('%s of equal and of constant images has finite values and gradients', async (name) => {
    const loss = getLossFn(name);
    for (const scale of [0, 1, 1e4]) {
      const noise = tf.mul(tf.randomNormal([1, 12, 12, 2], 0, 1, 'float32', 3), scale / 100);
      const constant = tf.fill([1, 12, 12, 2], scale);
      const varied = tf.add(constant, noise);
      for (const [a, b] of [
        [constant, constant],
        [varied, varied],
        [varied, constant],
        [constant, varied],
      ]) {
        const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => loss(x, b) as tf.Tensor)(a);
        for (const number of [...(await value.data()), ...(await grad.data())]) {
          expect(Number.isFinite(number), `${number} at scale ${scale}`).toBe(true);
        }
      }
    }
  });

  it.each([
    [
      'epsilon',
      () => charbonnier(tf.zeros([2, 2]), tf.zeros([2, 2]), { epsilon: 0 }),
      /^charbonnier: epsilon is 0/,
    ],
    [
      'epsilon',
      () => charbonnier(tf.zeros([2, 2]), tf.zeros([2, 2]), { epsilon: Number.NaN }),
      /^charbonnier: epsilon is NaN/,
    ],
    [
      'range',
      () => ssim(tf.zeros([1, 2, 2, 1]), tf.zeros([1, 2, 2, 1]), { dataRange: 0 }),
      /^ssim: dataRange is 0/,
    ],
    ['rank', () => ssim(tf.zeros([2, 2]), tf.zeros([2, 2])), /^ssim: prediction.shape is \[2, 2\]/],
    [
      'rank',
      () => hybridLight(tf.zeros([2, 2]), tf.zeros([2, 2])),
      /^hybridLight: prediction.shape is \[2, 2\]/,
    ],
    [
      'factor',
      () => hybridLight(tf.zeros([2, 2]), tf.zeros([2, 2]), { beta: -1 }),
      /^hybridLight: beta is -1/,
    ],
    [
      'single element',
      () => hybridLight(tf.zeros([1, 1, 1, 1]), tf.zeros([1, 1, 1, 1])),
      /^hybridLight: gamma is 0.01/,
    ],
  ])('is refused: %s', (_, compute, message) => {
    tf.tidy(() => {
      expect(compute).toThrow(message);
    });
  });

  it('no tensor is left where a loss refuses', async () => {
    const flat = tf.zeros([2, 2]);
    await expectTensorsKept(0, () => {
      expect(() => ssim(flat, flat)).toThrow();
      expect(() => hybridLight(flat, flat, { gamma: -1 })).toThrow();
    });
    flat.dispose();
  });
});

it('the hybrid loss without its structural term takes any rank', async () => {
  const [prediction, target] = [
    tf.tensor2d([
      [1, 2],
      [3, 6],
    ]),
    tf.zeros([2, 2]),
  ];
  const losses = hybridLight(prediction, target, { alpha: 2, beta: 0, gamma: 0, reduction: 'none' });
  expectClose(await losses.data(), [5, 45], { abs: 1e-5 });
});

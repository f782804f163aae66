import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { charbonnier, getLossFn, hybridLight, type LossName, l1, mse, ssim } from '../../src/losses/index.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose, relativeL2, type Tolerance } from '../support/compare.js';
import { type FixtureArray, fixturePath, fixtureValues, readFixture } from '../support/fixtures.js';

interface Fixture {
  tolerance: { value: Tolerance; grad_relative_l2: number; ssim_and_hybrid_grad_relative_l2: number };
  hybrid: { default_weights: Record<'alpha' | 'beta' | 'gamma', number> };
  ssim: { value_for_identical_inputs: number };
  errors: { loss: string }[];
  cases: {
    name: string;
    shape_nhwc: number[];
    pred_key: string;
    target_key: string;
    losses: {
      loss: LossName;
      alpha?: number;
      beta?: number;
      gamma?: number;
      value: number;
      grad_key: string;
    }[];
  }[];
}
const fixture = readFixture<Fixture>('losses/losses.json');
const { tensors } = readSafetensors(readFileSync(fixturePath('losses/losses.safetensors')));
const tensor = (key: string) => {
  const { data, shape } = tensors.get(key)!;
  return tf.tensor(Float32Array.from(data as Float32Array), shape);
};

beforeAll(startTestBackend);

describe('values and gradients equal the reference', () => {
  for (const c of fixture.cases) {
    for (const { loss, alpha, beta, gamma, value, grad_key } of c.losses) {
      it(`${c.name}: ${[loss, alpha, beta, gamma].join(' ').trim()}`, async () => {
        const compute = getLossFn(loss, { alpha, beta, gamma });
        const prediction = tensor(c.pred_key);
        const target = tensor(c.target_key);
        expect(prediction.shape).toEqual(c.shape_nhwc);
        expectClose(await compute(prediction, target).data(), [value], fixture.tolerance.value);
        const gradient = await expectTensorsKept(1, () =>
          tf.grad((x: tf.Tensor) => compute(x, target))(prediction),
        );
        const expected = await tensor(grad_key).data();
        const { grad_relative_l2, ssim_and_hybrid_grad_relative_l2 } = fixture.tolerance;
        const windowed = loss === 'ssim' || loss === 'hybrid_light';
        expect(relativeL2(await gradient.data(), expected)).toBeLessThan(
          windowed ? ssim_and_hybrid_grad_relative_l2 : grad_relative_l2,
        );
      });
    }
  }

  it.each([1, 1e4])('structural dissimilarity of an image with itself, times %d', async (scale) => {
    for (const { pred_key } of fixture.cases) {
      const image = tf.mul(tensor(pred_key), scale);
      const value = await ssim(image, tf.clone(image)).data();
      expectClose(value, [fixture.ssim.value_for_identical_inputs], { abs: 1e-7 });
    }
  });

  it('the mean squared error of each sample, of the noising fixtures', async () => {
    const { cases } = readFixture<{
      cases: Record<'noise' | 'pred_noise' | 'per_sample_mse', FixtureArray>[];
    }>('q_sample.json');
    for (const c of cases) {
      const [noise, prediction] = [c.noise, c.pred_noise].map((array) =>
        tf.tensor(Float32Array.from(fixtureValues(array)), array.shape),
      );
      const perSample = await mse(prediction, noise, { reduction: 'none' }).data();
      expectClose(perSample, fixtureValues(c.per_sample_mse), fixture.tolerance.value);
    }
  });
});

describe('getLossFn', () => {
  const [first] = fixture.cases;

  it("the hybrid loss's own weights are the reference's", async () => {
    const [prediction, target] = [tensor(first.pred_key), tensor(first.target_key)];
    const expected = hybridLight(prediction, target, fixture.hybrid.default_weights);
    for (const actual of [hybridLight(prediction, target), getLossFn('hybrid_light')(prediction, target)]) {
      expect(await actual.data()).toEqual(await expected.data());
    }
    expect(await getLossFn('hybrid_light', { gamma: 1 })(prediction, target).data()).not.toEqual(
      await expected.data(),
    );
  });

  it('fixes the parameters of a loss and leaves its options open', async () => {
    const [prediction, target] = [tensor(first.pred_key), tensor(first.target_key)];
    const parameters = { epsilon: 0.5, dataRange: 8, alpha: 0.5 };
    for (const [actual, expected] of [
      ['mse', mse(prediction, target, { reduction: 'none' })],
      ['charbonnier', charbonnier(prediction, target, { reduction: 'none', epsilon: 0.5 })],
      ['ssim', ssim(prediction, target, { reduction: 'none', dataRange: 8 })],
      ['hybrid_light', hybridLight(prediction, target, { reduction: 'none', alpha: 0.5 })],
    ] as const) {
      const values = getLossFn(actual, parameters)(prediction, target, { reduction: 'none' });
      expect(values.shape).toEqual([first.shape_nhwc[0]]);
      expect(await values.data()).toEqual(await expected.data());
    }
  });

  it('reads names in any case, and refuses others', async () => {
    const [prediction, target] = [tensor(first.pred_key), tensor(first.target_key)];
    const loss = getLossFn('SSIM' as LossName);
    expect(await loss(prediction, target).data()).toEqual(await ssim(prediction, target).data());
    for (const { loss } of fixture.errors) {
      expect(() => getLossFn(loss as LossName)).toThrow(
        `getLossFn: name is '${loss}'; it must be one of ` +
          "'mse', 'l1', 'charbonnier', 'ssim', 'perceptual', 'hybrid_light'.",
      );
    }
    expect(() => getLossFn('toString' as LossName)).toThrow(/^getLossFn: name is 'tostring'/);
  });
});

describe.each([
  ['mse', mse, (difference: number) => difference ** 2, (difference: number) => 2 * difference],
  ['l1', l1, Math.abs, Math.sign],
  [
    'charbonnier',
    charbonnier,
    (difference: number) => Math.hypot(difference, 1e-3),
    (difference: number) => difference / Math.hypot(difference, 1e-3),
  ],
] as const)('%s', (name, loss, value, slope) => {
  const differences = [1, -2, 0, 0.5, 3, -1, 2, 0];
  const target = () => tf.tensor3d([5, 4, 3, 2, 1, 0, -1, -2], [2, 2, 2]);
  const prediction = () => tf.add(target(), tf.tensor3d(differences, [2, 2, 2]));
  const values = differences.map(value);
  const sums = [values.slice(0, 4), values.slice(4)].map((row) => row.reduce((a, b) => a + b));
  const weights = [0.5, 3];

  it.each([
    ['mean', undefined, [(sums[0] + sums[1]) / 8]],
    ['sum', undefined, [sums[0] + sums[1]]],
    ['none', undefined, [sums[0] / 4, sums[1] / 4]],
    ['mean', weights, [(0.5 * sums[0] + 3 * sums[1]) / 8]],
    ['sum', weights, [0.5 * sums[0] + 3 * sums[1]]],
    ['none', weights, [(0.5 * sums[0]) / 4, (3 * sums[1]) / 4]],
  ] as const)('reduces by %s with weights %j', async (reduction, factors, expected) => {
    for (const given of factors === undefined
      ? [undefined]
      : [factors, Float32Array.from(factors), tf.tensor1d([...factors])]) {
      const result = loss(prediction(), target(), { reduction, weights: given });
      expect(result.shape).toEqual(reduction === 'none' ? [2] : []);
      expectClose(await result.data(), expected, { abs: 1e-6, rel: 1e-6 });
    }
  });

  it('has the gradient of the weighted mean, 0 where both are equal', async () => {
    const gradient = tf.grad((x: tf.Tensor) => loss(x, target(), { weights }))(prediction());
    const expected = differences.map((d, i) => (weights[Math.floor(i / 4)] * slope(d)) / 8);
    expectClose(await gradient.data(), expected, { abs: 1e-6 });
  });

  it('accepts rank 1: one element a sample', async () => {
    const result = loss(tf.tensor1d([1, 2]), tf.tensor1d([0, 0]), { reduction: 'none' });
    expectClose(await result.data(), [value(1), value(2)], { abs: 1e-6 });
  });

  it('refuses what does not fit, by name, and then keeps no tensor', async () => {
    const x = tf.zeros([2, 3]);
    const others = [tf.zeros([2, 1]), tf.zeros([3]), tf.zeros([3, 2]), tf.scalar(0)];
    const [wide] = others;
    const empty = tf.zeros([0, 3]);
    const scalar = tf.scalar(1);
    await expectTensorsKept(1, () => loss(x, x, { weights: [1, 2] }));
    await expectTensorsKept(0, () => {
      for (const other of others) {
        expect(() => loss(x, other)).toThrow(
          `${name}: target.shape is [${other.shape.join(', ')}]; it must be [2,3]`,
        );
      }
      expect(() => loss(empty, empty)).toThrow(`${name}: prediction.shape is [0, 3]`);
      expect(() => loss(scalar, scalar)).toThrow(`${name}: prediction.shape is []`);
      expect(() => loss(x, x, { weights: [1] })).toThrow(`${name}: weights.shape is [1]; it must be [2].`);
      expect(() => loss(x, x, { weights: [1, Number.NaN] })).toThrow(`${name}: weights[1] is NaN`);
      expect(() => loss(x, x, { weights: wide })).toThrow(`${name}: weights.shape is [2, 1]`);
      expect(() => loss(x, x, { reduction: 'max' as 'mean' })).toThrow(`${name}: reduction is 'max'`);
    });
  });
});

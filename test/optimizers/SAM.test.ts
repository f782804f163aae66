import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { SAM, type SAMOptions } from '../../src/optimizers/SAM.js';
import { SGD } from '../../src/optimizers/SGD.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose, type Tolerance } from '../support/compare.js';
import { type FixtureArray, fixtureValues, readFixture } from '../support/fixtures.js';

interface Fixture {
  tolerance: Tolerance;
  x: FixtureArray;
  y: FixtureArray;
  init: Record<string, FixtureArray>;
  cases: ({
    name: string;
    base_optimizer: 'SGD' | 'AdamW';
    base_given: { lr: number; momentum?: number; weight_decay?: number };
    rho: number;
    adaptive: boolean;
    loss_at_w: number[];
    loss_at_perturbed_w: number[];
  } & Record<'W1' | 'c1' | 'W2' | 'c2', FixtureArray>)[];
}

const fixture = readFixture<Fixture>('sam.json');
const NAMES = ['W1', 'c1', 'W2', 'c2'] as const;

const tensor = (array: FixtureArray) => tf.tensor(Float32Array.from(fixtureValues(array)), array.shape);

/** The fixture's network, and its loss. */
function makeNetwork() {
  const variables = NAMES.map((name) => tf.tidy(() => tf.variable(tensor(fixture.init[name]))));
  const loss = () =>
    tf.tidy(() => {
      const [w1, c1, w2, c2] = variables as tf.Tensor2D[];
      const hidden = tf.tanh(tf.add<tf.Tensor2D>(tf.matMul(tensor(fixture.x), w1, false, true), c1));
      const output = tf.add(tf.matMul(hidden, w2, false, true), c2);
      return tf.mean(tf.squaredDifference(output, tensor(fixture.y))) as tf.Scalar;
    });
  return { variables, loss };
}

beforeAll(startTestBackend);

describe('sam.json', () => {
  for (const torch of fixture.cases) {
    it(torch.name, async () => {
      const { variables, loss } = makeNetwork();
      const { lr: learningRate, weight_decay: weightDecay, momentum } = torch.base_given;
      const base =
        torch.base_optimizer === 'SGD'
          ? new SGD({ learningRate, weightDecay, momentum })
          : new AdamW({ learningRate, weightDecay });
      const optimizer = new SAM(base, { rho: torch.rho, adaptive: torch.adaptive });
      for (let step = 0; step < torch.loss_at_w.length; step++) {
        const seen: tf.Scalar[] = [];
        const watched = () => {
          const value = loss();
          seen.push(tf.keep(tf.clone(value)));
          return value;
        };
        const cost = optimizer.minimize(watched, true, variables)!;
        const losses = await Promise.all([cost, ...seen].map(async (value) => (await value.data())[0]));
        const expected = [torch.loss_at_w[step], torch.loss_at_w[step], torch.loss_at_perturbed_w[step]];
        expectClose(losses, expected, fixture.tolerance);
        for (const [i, name] of NAMES.entries()) {
          const { size } = variables[i];
          const after = fixtureValues(torch[name]).slice(step * size, (step + 1) * size);
          expectClose(await variables[i].data(), after, fixture.tolerance);
        }
      }
    });
  }
});

describe('SAM', () => {
  it.each<[SAMOptions, number[]]>([
    [{ rho: 0.5 }, [3 + 0.5 * 0.6, -1 - 0.5 * 0.8]],
    // |w|·g = (9, 4)·0.2, of norm 0.2·√97.
    [{ rho: 0.5, adaptive: true }, [3 + (0.5 * 9) / Math.sqrt(97), -1 - (0.5 * 4) / Math.sqrt(97)]],
    [{ rho: 0.5, adaptive: 'asam' }, [3 + (0.5 * 27) / Math.sqrt(97), -1 - (0.5 * 4) / Math.sqrt(97)]],
  ])('perturbs and puts back: %o', async (options, expected) => {
    const x = tf.variable(tf.tensor1d([3, -1]));
    const optimizer = new SAM(new SGD(), options);
    const gradient = tf.tensor1d([0.6, -0.8]);
    await expectTensorsKept(0, async () => {
      let putBack = () => {};
      tf.tidy(() => {
        putBack = optimizer.perturb({ [x.name]: gradient });
      });
      expectClose(await x.data(), expected, { abs: 1e-6 });
      putBack();
    });
    expect(Array.from(await x.data())).toEqual([3, -1]);
  });

  it('leaves weights and tensors alone at a gradient of zero, or where the loss throws the second time', async () => {
    const x = tf.variable(tf.tensor1d([3, -1]));
    const optimizer = new SAM(new SGD({ learningRate: 0.1 }));
    optimizer.minimize(() => tf.sum(tf.mul(x, 0)) as tf.Scalar, false, [x]);
    expect(Array.from(await x.data())).toEqual([3, -1]);
    let calls = 0;
    const fails = () => {
      if (calls++ === 1) throw new Error('no second look');
      return tf.sum(tf.square(x)) as tf.Scalar;
    };
    await expectTensorsKept(0, () =>
      expect(() => optimizer.minimize(fails, false, [x])).toThrow('no second look'),
    );
    expect(Array.from(await x.data())).toEqual([3, -1]);
    expect(optimizer.step).toBe(1);
  });

  it('keeps only what the first evaluation of minimize does to other variables', async () => {
    const [x, counter] = [tf.variable(tf.scalar(3)), tf.variable(tf.scalar(0), false)];
    const optimizer = new SAM(new SGD());
    const counted = () => {
      tf.tidy(() => counter.assign(tf.add(counter, 1)));
      return tf.square(x) as tf.Scalar;
    };
    await expectTensorsKept(0, () => optimizer.minimize(counted, false, [x]));
    expect((await counter.data())[0]).toBe(1);
  });

  it('works in model.fit, without running statistics of the second evaluation', async () => {
    const train = async (optimizer: tf.Optimizer) => {
      const model = tfl.sequential({
        layers: [
          tfl.layers.batchNormalization({ inputShape: [2] }),
          tfl.layers.dense({ units: 1, kernelInitializer: 'ones' }),
        ],
      });
      model.compile({ optimizer, loss: 'meanSquaredError' });
      const x = tf.tensor2d([1, 2, 3, 5, -1, 4], [3, 2]);
      await model.fit(x, tf.tensor2d([1, 2, 3], [3, 1]), { epochs: 1, verbose: 0 });
      return Promise.all(model.weights.map(async (weight) => Array.from(await weight.read().data())));
    };
    const plain = await train(new SGD({ learningRate: 0.1 }));
    const sharp = await train(new SAM(new SGD({ learningRate: 0.1 }), { rho: 0.5 }));
    expect(sharp).not.toEqual(plain);
    // The moving mean and variance.
    expect(sharp.slice(-2)).toEqual(plain.slice(-2));
  });

  it('is its base in all else: rate, momentum, state', async () => {
    const { variables, loss } = makeNetwork();
    const parameters = variables.map((variable, i) => ({ name: NAMES[i], variable }));
    const base = new AdamW({ learningRate: 0.01 });
    const optimizer = new SAM(base);
    optimizer.learningRate = 0.5;
    expect(base.learningRate).toBe(0.5);
    base.learningRate = 0.25;
    expect(optimizer.learningRate).toBe(0.25);
    optimizer.momentum = 0.75;
    expect(base.momentum).toBe(0.75);
    optimizer.minimize(loss, false, variables);
    const { slots, step } = await optimizer.state(parameters);
    expect(Object.keys(slots)).toEqual(['exp_avg', 'exp_avg_sq']);
    expect([...slots.exp_avg.keys()]).toEqual([...NAMES]);
    expect(step).toBe(1);
    expect(() => {
      new SAM(new SGD()).momentum = 0.9;
    }).toThrow(/^SGD: momentum is 0.9/);
    const used = new SGD();
    used.minimize(loss, false, variables);
    expect(() => new SAM(used)).toThrow(/^SAM: base is 'a DiffusionSslSGD of 1 steps'/);
  });
});

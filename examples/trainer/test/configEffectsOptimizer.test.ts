import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { configOf } from '../../../test/support/configOf.js';
import { OPTIMIZER_NAMES } from '../src/config/optimizerFields.js';
import { makeOptimizer } from '../src/setup/makeOptimizer.js';

// The title of every test begins with the keys whose effect it shows: configEffects.test.ts counts them.

const START = 2;
const GRADIENTS = [3, -0.5, 1, 0.7, -1, 2, 1.5, -0.2];

/** One parameter under these gradients, after each step. */
async function pathOf(...keys: string[]): Promise<number[]> {
  const optimizer = makeOptimizer(configOf('learning_rate_init: 0.1', 'weight_decay: 0', ...keys));
  const variable = tf.variable(tf.scalar(START));
  const path: number[] = [];
  for (const value of GRADIENTS) {
    const tensor = tf.scalar(value);
    optimizer.applyGradients([{ name: variable.name, tensor }]);
    path.push((await variable.data())[0]);
    tensor.dispose();
  }
  optimizer.dispose();
  variable.dispose();
  return path;
}

/** The same path by the optimizer's rule: the step of each gradient, given the parameter and the number of the step. */
function pathBy(rule: (gradient: number, parameter: number, step: number) => number): number[] {
  let parameter = START;
  return GRADIENTS.map((gradient, i) => {
    parameter -= 0.1 * rule(gradient, parameter, i + 1);
    return parameter;
  });
}

async function expectPath(keys: string[], rule: Parameters<typeof pathBy>[0]): Promise<void> {
  const path = await pathOf(...keys);
  pathBy(rule).forEach((value, i) => {
    expect(path[i], `${keys.join(', ')}: step ${i + 1}`).toBeCloseTo(value, 5);
  });
}

/** Adam's rule. */
function adam(
  beta1: number,
  beta2: number,
  eps: number,
  { amsgrad = false } = {},
): Parameters<typeof pathBy>[0] {
  let [first, second, greatest] = [0, 0, 0];
  return (g, _, step) => {
    first = beta1 * first + (1 - beta1) * g;
    second = beta2 * second + (1 - beta2) * g * g;
    greatest = amsgrad ? Math.max(greatest, second) : second;
    return first / (1 - beta1 ** step) / (Math.sqrt(greatest / (1 - beta2 ** step)) + eps);
  };
}

beforeAll(startTestBackend);

describe('the optimizer', () => {
  it('optimizer: is of the class of that name', () => {
    const classes = {
      ...{ sgd: 'SGD', adam: 'Adam', adamw: 'AdamW', rmsprop: 'RMSprop', adagrad: 'Adagrad', nadam: 'NAdam' },
      ...{ adadelta: 'Adadelta', adamax: 'Adamax', radam: 'RAdam', adabelief: 'AdaBelief', sam: 'SAM' },
    };
    for (const name of OPTIMIZER_NAMES) {
      const optimizer = makeOptimizer(configOf(`optimizer: ${name}`));
      expect(optimizer.getClassName()).toBe(`DiffusionSsl${classes[name]}`);
    }
  });

  it('learning_rate_init: is the factor of the step', async () => {
    const [after] = await pathOf('optimizer: sgd', 'learning_rate_init: 0.25');
    expect(after).toBeCloseTo(START - 0.25 * GRADIENTS[0], 6);
  });

  it('weight_decay: shrinks the parameter, decoupled in adamw and as part of the gradient in sgd', async () => {
    const decayed = adam(0.9, 0.999, 1e-8);
    await expectPath(
      ['optimizer: adamw', 'weight_decay: 0.5'],
      (g, w, step) => decayed(g, w, step) + 0.5 * w,
    );
    await expectPath(['weight_decay: 0.5', 'momentum: 0', 'optimizer: sgd'], (g, w) => g + 0.5 * w);
  });

  it('betas, eps: are the decay rates and the guard of the moments', async () => {
    await expectPath(['optimizer: adam', 'betas: [0.5, 0.75]', 'eps: 0.3'], adam(0.5, 0.75, 0.3));
    await expectPath(['optimizer: adamw'], adam(0.9, 0.999, 1e-8));
    for (const name of ['nadam', 'adamax', 'radam', 'adabelief']) {
      const plain = await pathOf(`optimizer: ${name}`);
      expect(await pathOf(`optimizer: ${name}`, 'betas: [0.5, 0.75]'), name).not.toEqual(plain);
      expect(await pathOf(`optimizer: ${name}`, 'eps: 0.3'), name).not.toEqual(plain);
    }
  });

  it('amsgrad: divides by the greatest of the second moments so far', async () => {
    const keys = ['optimizer: adam', 'betas: [0.9, 0.5]'];
    await expectPath([...keys, 'amsgrad: true'], adam(0.9, 0.5, 1e-8, { amsgrad: true }));
    await expectPath([...keys, 'amsgrad: false'], adam(0.9, 0.5, 1e-8));
  });

  it('momentum, nesterov: keep a part of the step before', async () => {
    const sgd = (momentum: number, nesterov = false): Parameters<typeof pathBy>[0] => {
      let velocity = 0;
      return (g) => {
        velocity = momentum * velocity + g;
        return nesterov ? g + momentum * velocity : velocity;
      };
    };
    await expectPath(['optimizer: sgd', 'momentum: 0.5'], sgd(0.5));
    await expectPath(['optimizer: sgd', 'momentum: 0.5', 'nesterov: true'], sgd(0.5, true));
    // The tutorial's default.
    await expectPath(['optimizer: sgd'], sgd(0.9));
  });

  it('alpha, centered: are the smoothing of rmsprop, and whether the mean is taken off', async () => {
    const rmsprop = (alpha: number, centered: boolean, momentum: number): Parameters<typeof pathBy>[0] => {
      let [square, mean, velocity] = [0, 0, 0];
      return (g) => {
        square = alpha * square + (1 - alpha) * g * g;
        mean = alpha * mean + (1 - alpha) * g;
        velocity = momentum * velocity + g / (Math.sqrt(square - (centered ? mean * mean : 0)) + 1e-8);
        return velocity;
      };
    };
    await expectPath(['optimizer: rmsprop', 'alpha: 0.6', 'momentum: 0'], rmsprop(0.6, false, 0));
    await expectPath(['optimizer: rmsprop', 'alpha: 0.6', 'centered: true'], rmsprop(0.6, true, 0.9));
  });

  it('rho: is the decay of adadelta', async () => {
    let [square, squareStep] = [0, 0];
    await expectPath(['optimizer: adadelta', 'rho: 0.5', 'eps: 0.01'], (g) => {
      square = 0.5 * square + 0.5 * g * g;
      const step = (Math.sqrt(squareStep + 0.01) / Math.sqrt(square + 0.01)) * g;
      squareStep = 0.5 * squareStep + 0.5 * step * step;
      return step;
    });
  });

  it('eps: is the guard of adagrad too', async () => {
    let sum = 0;
    await expectPath(['optimizer: adagrad', 'eps: 0.5'], (g) => {
      sum += g * g;
      return g / (Math.sqrt(sum) + 0.5);
    });
  });
});

describe('sam', () => {
  /** Two parameters (3, 4) after one step of rate 0.1 down the loss x² / 2 + y². */
  async function stepOf(...keys: string[]): Promise<number[]> {
    const optimizer = makeOptimizer(
      configOf('optimizer: sam', 'learning_rate_init: 0.1', 'weight_decay: 0', ...keys),
    );
    const w = tf.variable(tf.tensor1d([3, 4]));
    const loss = () => tf.sum(tf.mul(tf.square(w), tf.tensor1d([0.5, 1]))) as tf.Scalar;
    optimizer.minimize(loss, false, [w]);
    const values = [...(await w.data())];
    optimizer.dispose();
    w.dispose();
    return values;
  }
  /** The step of sgd from (3, 4), with the gradient at a point that lies so far uphill. */
  const sgdStep = ([dx, dy]: number[]) => [3 - 0.1 * (3 + dx), 4 - 0.1 * 2 * (4 + dy)];
  const close = (values: number[]) => values.map((value) => expect.closeTo(value, 5));

  it('rho: is how far uphill the gradient is taken', async () => {
    const uphill = (rho: number) => [3, 8].map((g) => (rho * g) / Math.hypot(3, 8));
    expect(await stepOf('rho: 0.5')).toEqual(close(sgdStep(uphill(0.5))));
    expect(await stepOf()).toEqual(close(sgdStep(uphill(0.05))));
  });

  it('adaptive: scales the way uphill with the parameters', async () => {
    const uphill = [3 * 3, 4 * 8].map((g) => (0.5 * g) / Math.hypot(9, 32));
    expect(await stepOf('rho: 0.5', 'adaptive: true')).toEqual(close(sgdStep(uphill)));
  });

  it('base_optimizer: makes the step', async () => {
    // The first step of Adam is as long as the rate, whatever the gradient.
    expect(await stepOf('base_optimizer: adam')).toEqual(close([2.9, 3.9]));
  });
});

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { mse } from '../../src/losses/mse.js';
import { ditTransformer2d } from '../../src/models/ditTransformer2d.js';
import { enableGradientCheckpointing } from '../../src/models/enableGradientCheckpointing.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unet2d } from '../../src/models/unet2d.js';
import { unet2dCondition } from '../../src/models/unet2dCondition.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { uVit } from '../../src/models/uVit.js';
import { randomNormal } from '../../src/ops/random.js';
import { recompute } from '../../src/ops/recompute.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

const draw = (shape: number[], step: number) => randomNormal(shape as [number], { seed: 1, stream: 0, step });
const times = () => tf.tensor1d([3, 700], 'int32');
const blocks = {
  blockOutChannels: [8, 16],
  normNumGroups: 4,
  layersPerBlock: 1,
  attentionHeadDim: 4,
  seed: 2,
};

/** Networks with everything that a repetition must leave alone, and what they are called with. */
const networks: Record<string, { make(): tfl.LayersModel; inputs(): tf.Tensor[] }> = {
  unetAttD: {
    make: () =>
      unetAttD({
        ...{ inChannels: 3, filterConfig: [8, 8, 8, 8, 8, 8], dropoutRate: 0.2, seed: 2 },
        ...{ useSkipAtt: true, skipDropRate: 0.3 },
      }),
    inputs: () => [draw([2, 64, 64, 3], 1), times()],
  },
  unet2d: {
    make: () =>
      unet2d({
        ...{ inChannels: 3, outChannels: 3, ...blocks, dropout: 0.2 },
        ...{
          downBlockTypes: ['DownBlock2D', 'AttnDownBlock2D'],
          upBlockTypes: ['AttnUpBlock2D', 'UpBlock2D'],
        },
      }),
    inputs: () => [draw([2, 16, 16, 3], 1), times()],
  },
  unet2dCondition: {
    make: () =>
      unet2dCondition({
        ...{ inChannels: 3, outChannels: 3, crossAttentionDim: 12, ...blocks },
        downBlockTypes: ['CrossAttnDownBlock2D', 'DownBlock2D'],
        upBlockTypes: ['UpBlock2D', 'CrossAttnUpBlock2D'],
      }),
    inputs: () => [draw([2, 16, 16, 3], 1), times(), draw([2, 5, 12], 3)],
  },
  uVit: {
    make: () =>
      uVit({
        ...{ imgSize: 16, patchSize: 4, inChans: 3, embedDim: 12, depth: 2, numHeads: 3, mlpTimeEmbed: true },
        ...{ numClasses: 4, seed: 2 },
      }),
    inputs: () => [draw([2, 16, 16, 3], 1), tf.cast(times(), 'float32'), tf.tensor1d([0, 3], 'int32')],
  },
  ditTransformer2d: {
    make: () => {
      const model = ditTransformer2d({
        ...{ sampleSize: 16, patchSize: 4, inChannels: 3, numLayers: 2, numAttentionHeads: 3 },
        ...{ attentionHeadDim: 4, numEmbedsAdaNorm: 3, seed: 2 },
      });
      // Its gates are closed at first, which would hide what lies behind them.
      for (const [i, weight] of model.getWeights().entries()) {
        (weight as tf.Variable).assign(draw(weight.shape, 20 + i));
      }
      return model;
    },
    inputs: () => [draw([2, 16, 16, 3], 1), tf.cast(times(), 'float32'), tf.tensor1d([0, 3], 'int32')],
  },
};

/** Losses, gradients of the second of two steps, and all parameters after it. */
async function train(model: tfl.LayersModel, inputs: tf.Tensor[]) {
  const parameters = namedParameters(model);
  const variables = parameters.filter(({ spec }) => spec.trainable).map(({ variable }) => variable);
  const target = draw(inputs[0].shape, 9);
  const results: Record<string, Float32Array> = {};
  for (let step = 0; step < 2; step++) {
    const { value, grads } = tf.variableGrads(
      () => mse(model.apply(inputs, { training: true }) as tf.Tensor, target) as tf.Scalar,
      variables,
    );
    results[`loss ${step}`] = await value.data<'float32'>();
    for (const { name, variable } of parameters) {
      const gradient = grads[variable.name];
      if (gradient && step === 1) results[`gradient of ${name}`] = await gradient.data<'float32'>();
      if (gradient) variable.assign(tf.tidy(() => tf.sub(variable, tf.mul(gradient, 0.1))));
    }
    tf.dispose([value, grads]);
  }
  for (const { name, variable } of parameters) results[name] = await variable.data<'float32'>();
  target.dispose();
  return results;
}

describe('enableGradientCheckpointing', () => {
  it.each(Object.entries(networks))('%s trains the same', async (_, { make, inputs }) => {
    const given = inputs();
    const [plain, frugal] = [make(), enableGradientCheckpointing(make())];
    const [expected, actual] = [await train(plain, given), await train(frugal, given)];
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    // The forward pass has the same bits; what several blocks give back to one is added in another order.
    expect(actual['loss 0']).toEqual(expected['loss 0']);
    for (const [name, values] of Object.entries(expected)) {
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expectClose(actual[name], values, { abs: 1e-5 * largest + 1e-7 });
    }
    expect(expected['loss 1']).not.toEqual(expected['loss 0']);
    tf.dispose(given);
  });

  it('keeps less for the backward pass', () => {
    const given = [draw([4, 64, 64, 3], 1), tf.tensor1d([1, 2, 3, 4], 'int32')];
    const config = { inChannels: 3, filterConfig: [8, 8, 8, 8, 8, 8], blockNum: [3, 3, 3, 3, 3, 3] };
    const heldBy = (model: tfl.LayersModel) => {
      const before = tf.memory().numBytes;
      let held = 0;
      tf.tidy(() => {
        tf.variableGrads(() => {
          const loss = mse(model.apply(given, { training: true }) as tf.Tensor, given[0]) as tf.Scalar;
          held = tf.memory().numBytes - before;
          return loss;
        });
      });
      return held;
    };
    const [plain, frugal] = [unetAttD(config), enableGradientCheckpointing(unetAttD(config))].map(heldBy);
    expect(frugal).toBeLessThan(0.6 * plain);
  });

  it('may be enabled twice, leaves predictions alone and no tensors behind', async () => {
    const { make, inputs } = networks.unet2d;
    const given = inputs();
    const model = make();
    const before = await (model.predict(given) as tf.Tensor).data();
    enableGradientCheckpointing(enableGradientCheckpointing(model));
    expect(await (model.predict(given) as tf.Tensor).data()).toEqual(before);
    await expectTensorsKept(0, () => {
      const { value, grads } = tf.variableGrads(() => tf.mean(model.apply(given) as tf.Tensor) as tf.Scalar);
      tf.dispose([value, grads]);
    });
  });
});

describe('recompute', () => {
  it('differentiates by inputs and variables, within other gradients', async () => {
    const weight = tf.variable(tf.scalar(3));
    const f = (x: tf.Tensor) =>
      tf.mul(
        x,
        recompute((x) => tf.mul(tf.square(x), weight), [x], [weight]),
      );
    const { value, grads } = tf.variableGrads(() => tf.sum(f(tf.tensor1d([1, 2]))) as tf.Scalar, [weight]);
    expect(await value.data()).toEqual(Float32Array.of(27));
    expect(await grads[weight.name].data()).toEqual(Float32Array.of(9));
    expect(
      await tf
        .grad(f)(tf.tensor1d([1, 2]))
        .data(),
    ).toEqual(Float32Array.of(9, 36));
    weight.dispose();
  });
});

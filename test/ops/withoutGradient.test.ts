import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { conv2d } from '../../src/ops/conv2d.js';
import { withoutGradient } from '../../src/ops/withoutGradient.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';

beforeAll(startTestBackend);

describe('withoutGradient', () => {
  it('is a constant to a gradient, of inputs and of variables', async () => {
    const variable = tf.variable(tf.scalar(3));
    const { value, grads } = tf.variableGrads(
      () =>
        tf.mul(
          variable,
          withoutGradient(() => tf.square(variable)),
        ) as tf.Scalar,
      [variable],
    );
    expect(await value.data()).toEqual(Float32Array.of(27));
    expect(await Object.values(grads)[0].data()).toEqual(Float32Array.of(9));
    const x = tf.tensor1d([1, -2]);
    const gradient = tf.grad((x: tf.Tensor) =>
      tf.sum(
        tf.add(
          tf.mul(x, 2),
          withoutGradient(() => x),
        ),
      ),
    )(x);
    expect(await gradient.data()).toEqual(Float32Array.of(2, 2));
    variable.dispose();
  });

  it('passes operations with gradients of their own', async () => {
    const x = tf.ones([1, 4, 4, 1]) as tf.Tensor4D;
    const filter = tf.ones([3, 3, 1, 1]) as tf.Tensor4D;
    const gradient = tf.grad((input: tf.Tensor) =>
      tf.sum(
        tf.mul(
          input,
          withoutGradient(() => conv2d(input as tf.Tensor4D, filter)),
        ),
      ),
    )(x);
    expect(await gradient.data()).toEqual(await conv2d(x, filter).data());
  });

  it('keeps one tensor, and none that is given', async () => {
    const x = tf.scalar(2);
    const y = await expectTensorsKept(1, () => withoutGradient(() => tf.add(tf.square(x), 1)));
    expect(await y.data()).toEqual(Float32Array.of(5));
    const same = withoutGradient(() => x);
    same.dispose();
    expect(x.isDisposed).toBe(false);
  });

  it('records nothing: a gradient holds as many tensors with a long computation as with a short one', () => {
    const held = (length: number) => {
      let most = 0;
      const x = tf.ones([4]);
      tf.grad((x: tf.Tensor) => {
        const constant = withoutGradient(() => {
          let y = x;
          for (let i = 0; i < length; i++) y = tf.tidy(() => tf.sigmoid(y));
          return y;
        });
        most = tf.memory().numTensors;
        return tf.sum(tf.mul(x, constant));
      })(x).dispose();
      x.dispose();
      return most;
    };
    expect(held(50)).toBe(held(1));
  });

  it('lets an error through', () => {
    expect(() =>
      withoutGradient(() => {
        throw new Error('no such thing');
      }),
    ).toThrow('no such thing');
  });
});

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerGradients } from '../../src/ops/registerGradients.js';
import { startTestBackend } from '../support/backend.js';
import { upload } from './checkOp.js';
import { randomTensor } from './referenceOps.js';

beforeAll(startTestBackend);

// The gradients themselves are compared with differences in test/layers/stockLayers.test.ts.
describe('registerGradients', () => {
  const names = ['Tile', 'Einsum', 'Conv2D', 'DepthwiseConv2dNative', 'Greater'];
  const functions = () => names.map((name) => tf.getGradient(name)?.gradFunc);

  it('registers once, and again where TensorFlow.js has put its own back', () => {
    const before = functions();
    registerGradients();
    expect(functions().slice(2, 4)).toEqual(before.slice(2, 4));
    const own = tf.getGradient('Conv2D')!;
    const stock = { ...own, gradFunc: () => ({}) };
    tf.registerGradient(stock);
    registerGradients();
    expect(tf.getGradient('Conv2D')!.gradFunc).not.toBe(stock.gradFunc);
    tf.registerGradient(own);
  });

  it('leaves what is not dilated to TensorFlow.js', () => {
    const own = tf.getGradient('Conv2D')!;
    const asked: unknown[] = [];
    tf.registerGradient({
      ...own,
      gradFunc: (_, saved, { dilations }) => {
        asked.push(dilations);
        return { x: () => saved[0], filter: () => saved[1] };
      },
    });
    registerGradients();
    const [x, filter] = [upload(randomTensor([1, 5, 5, 2], 1)), upload(randomTensor([3, 3, 2, 2], 2))];
    const gradients = (dilation: number) =>
      tf.grads((x, filter) =>
        tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same', 'NHWC', dilation),
      )([x, filter]);
    tf.dispose([gradients(1), gradients(2)]);
    expect(asked).toEqual([1]);
    tf.dispose([x, filter]);
    tf.registerGradient(own);
  });

  it('makes the gradient of a layer norm of few operations, however large the image', async () => {
    const layer = tfl.layers.layerNormalization();
    const x = tf.variable(upload(randomTensor([1, 32, 32, 16], 1)));
    const { kernels } = await tf.profile(() => {
      const { value, grads } = tf.variableGrads(
        () => tf.sum(tf.square(layer.apply(x) as tf.Tensor)) as tf.Scalar,
        [x],
      );
      tf.dispose(grads);
      return value;
    });
    expect(kernels.length).toBeGreaterThan(10);
    expect(kernels.length).toBeLessThan(150);
    layer.dispose();
    x.dispose();
  });
});

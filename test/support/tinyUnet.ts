import * as tf from '@tensorflow/tfjs-core';
import { getTimestepEmbedding } from '../../src/diffusion/getTimestepEmbedding.js';
import { batchNormInference, batchNormTraining } from '../../src/ops/batchNorm.js';
import { biasAdd } from '../../src/ops/biasAdd.js';
import { concatChannels } from '../../src/ops/concatChannels.js';
import { conv2d } from '../../src/ops/conv2d.js';
import { dropout } from '../../src/ops/dropout.js';
import { maxPool2d } from '../../src/ops/maxPool2d.js';
import { upsampleBilinear2d } from '../../src/ops/upsampleBilinear2d.js';
import type { Network } from './ownNetwork.js';
import { makeVariables } from './ownNetwork.js';

const WIDTH = 8;
/** Stands for no class. */
export const NO_CLASS = 3;

/**
 * A U-Net of functions and variables, without tf.layers: [batch, 8, 8, 2] with a class from 0 to 2, or `NO_CLASS`. It
 * has what trips up trainers: batch norm with running statistics that are no parameters, and dropout.
 */
export function tinyUnet(seed: number): Network<tf.Tensor> {
  const variables = makeVariables(seed, {
    in: [3, 3, 2, WIDTH],
    down: [3, 3, WIDTH, WIDTH],
    out: [3, 3, 2 * WIDTH, 2],
    outBias: [2],
    time: [16, WIDTH],
    classes: [NO_CLASS + 1, WIDTH],
    scale: [WIDTH],
    shift: [WIDTH],
  });
  const statistics = [
    { name: 'mean', variable: tf.variable(tf.zeros([WIDTH])) },
    { name: 'variance', variable: tf.variable(tf.ones([WIDTH])) },
  ];
  const at = <R extends tf.Rank>(name: keyof typeof variables.byName) =>
    variables.byName[name] as tf.Tensor as tf.Tensor<R>;
  const [mean, variance] = statistics.map(({ variable }) => variable as tf.Variable<tf.Rank.R1>);

  /** Batch norm, whose running statistics go a tenth of the way to the batch's. */
  const normalize = (x: tf.Tensor4D, training: boolean) => {
    const [scale, shift] = [at<tf.Rank.R1>('scale'), at<tf.Rank.R1>('shift')];
    if (!training) return batchNormInference(x, { weight: scale, bias: shift, mean, variance });
    const batch = batchNormTraining(x, scale, shift);
    mean.assign(tf.add(tf.mul(mean, 0.9), tf.mul(batch.mean, 0.1)));
    variance.assign(tf.add(tf.mul(variance, 0.9), tf.mul(batch.variance, 0.1)));
    return batch.y;
  };

  return {
    parameters: variables.parameters,
    statistics,
    denoiser: (xT, t, classes, { training, step }) => {
      const oneHot = tf.cast(tf.oneHot(tf.cast(classes, 'int32'), NO_CLASS + 1), 'float32');
      const told = tf.add(
        tf.matMul(getTimestepEmbedding(t, 16), at<tf.Rank.R2>('time')),
        tf.matMul(oneHot, at<tf.Rank.R2>('classes')),
      );
      const skip = tf.relu(conv2d(xT as tf.Tensor4D, at('in')));
      let y = conv2d(maxPool2d(skip), at('down'));
      y = tf.relu(normalize(tf.add(y, tf.reshape(told, [-1, 1, 1, WIDTH])), training));
      if (training) y = dropout(y, { rate: 0.2, key: { seed, stream: 1, step } });
      y = concatChannels(skip, upsampleBilinear2d(y));
      return biasAdd(conv2d(y, at('out')), at('outBias'));
    },
  };
}

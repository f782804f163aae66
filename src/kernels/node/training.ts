import { adam } from './adam.js';
import { batchNormTraining, batchNormTrainingGradient, runningStatistics } from './batchNorm.js';
import { channelSum } from './channels.js';
import { dropout } from './dropout.js';
import { attribute } from './EagerOps.js';
import type { NodeKernel } from './NodeKernel.js';

/*
 * What a training step does besides convolutions, by the operations that `setup:tfjs-node` compiles
 * (`scripts/tfjsNode/trainingOps.cc`): each stands for several of TensorFlow's.
 */

const normAttributes = (epsilon: number, relu: number) => [
  attribute('epsilon', 'float', epsilon),
  attribute('relu', 'bool', relu !== 0),
];

/** As `batchNormTraining` of `batchNorm.ts`. */
export const ownBatchNorm: NodeKernel = {
  name: batchNormTraining.name,
  compute: (ops, { x, weight, bias }, { epsilon = 0, relu = 0 }) =>
    ops.runAll('DiffusionSslBatchNorm', normAttributes(epsilon, relu), [x, weight, bias], 3),
};

/** As `batchNormTrainingGradient`; it computes ReLU's input anew, so it reads no y. */
export const ownBatchNormGradient: NodeKernel = {
  name: batchNormTrainingGradient.name,
  compute(ops, { x, dy, mean, variance, weight, bias }, { epsilon = 0, relu = 0 }) {
    const inputs = [x, dy, mean, variance, weight, bias];
    return ops.runAll('DiffusionSslBatchNormGradient', normAttributes(epsilon, relu), inputs, 3);
  },
};

/** As `runningStatistics`. */
export const ownRunningStatistics: NodeKernel = {
  name: runningStatistics.name,
  compute(ops, { runningMean, runningVar, tracked, mean, variance }, { count = 2, momentum = 0 }) {
    const attributes = [
      attribute('momentum', 'float', momentum),
      attribute('unbias', 'float', count / (count - 1)),
    ];
    const inputs = [runningMean, runningVar, tracked, mean, variance];
    return ops.runAll('DiffusionSslRunningStatistics', attributes, inputs, 3);
  },
};

/** As `channelSum` of `channels.ts`, added up in parts and these in float64: biases before a norm get 0, not noise. */
export const ownChannelSum: NodeKernel = {
  name: channelSum.name,
  compute: (ops, { x }) => ops.run('DiffusionSslChannelSum', [], x),
};

/** As the composed operation rounds it: a division of float32 numbers. */
const scaleOf = (rate: number) => attribute('scale', 'float', Math.fround(1 / Math.fround(1 - rate)));

/** [x], rate and Philox key → x with dropped values, and which are kept. */
export const ownDropout: NodeKernel = {
  name: dropout.name,
  compute(ops, { x }, { rate = 0, key0 = 0, key1 = 0, step = 0, stream = 0 }) {
    // The composed operation compares the upper 24 bits with the rate.
    const threshold = attribute('threshold', 'int', Math.ceil(Math.fround(rate) * 2 ** 24));
    const words = ops.int64(key0, key1, step, stream);
    return ops.runAll('DiffusionSslDropout', [threshold, scaleOf(rate)], [x, words], 2);
  },
};

/** [dy, mask] and rate → the gradient of x. */
export const dropoutGradient: NodeKernel = {
  name: 'DiffusionSslDropoutGradient',
  compute: (ops, { dy, mask }, { rate = 0 }) =>
    ops.run('DiffusionSslDropoutGradient', [scaleOf(rate)], dy, mask),
};

/** As `adam` of `adam.ts`; it changes the moments where they lie. */
export const ownAdam: NodeKernel = {
  name: adam.name,
  compute(ops, { parameters, gradients, first, second }, attributes) {
    const { beta1 = 0, beta2 = 0, rate = 0, root = 1, epsilon = 0, keep = 1, penalty = 0 } = attributes;
    const numbers = [beta1, 1 - beta1, beta2, 1 - beta2, rate, 1 / root, epsilon, keep, penalty];
    const given = ops.floats([numbers.length], Float32Array.from(numbers));
    return ops.run('DiffusionSslAdam', [], parameters, gradients, first, second, given);
  },
};

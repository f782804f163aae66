import type * as tf from '@tensorflow/tfjs-core';
import {
  type Attribute,
  attribute,
  type EagerOps,
  FLOAT,
  type Handle,
  ONE_DNN,
  typeAttribute,
} from './EagerOps.js';
import { empty } from './empty.js';
import type { NodeKernel } from './NodeKernel.js';

const training = (epsilon: number) => [
  ...FLOAT,
  typeAttribute('U', 'float'),
  attribute('epsilon', 'float', epsilon),
  attribute('data_format', 'string', 'NHWC'),
  attribute('is_training', 'bool', true),
];

/** [x, weight, bias], epsilon and relu → the normalised activation, and mean and biased variance of each channel. */
export const batchNormTraining: NodeKernel = {
  name: 'DiffusionSslBatchNormTraining',
  compute(ops, { x, weight, bias }, { epsilon = 0, relu = 0 }) {
    const attributes = [...training(epsilon), attribute('exponential_avg_factor', 'float', 1)];
    const [y, ...statistics] = normalize(ops, 'FusedBatchNormV3', attributes, x, weight, bias);
    return [relu ? ops.run('Relu', FLOAT, y) : y, ...statistics];
  },
};

/** The same with ReLU in the same pass, by an operation of oneDNN's that TensorFlow otherwise takes in graphs alone. */
export const batchNormReluTraining: NodeKernel = {
  name: batchNormTraining.name,
  compute(ops, { x, weight, bias }, { epsilon = 0, relu = 0 }) {
    // For other numbers of channels it rounds in another way.
    if (!relu || x.shape[3] % 8 !== 0) {
      return batchNormTraining.compute(ops, { x, weight, bias }, { epsilon, relu });
    }
    const attributes = [
      ...training(epsilon),
      attribute('exponential_avg_factor', 'float', 1),
      attribute('num_side_inputs', 'int', 0),
      attribute('activation_mode', 'string', 'Relu'),
      ONE_DNN,
    ];
    return normalize(ops, '_MklNativeFusedBatchNormEx', attributes, x, weight, bias);
  },
};

function normalize(
  ops: EagerOps,
  name: string,
  attributes: readonly Attribute[],
  ...inputs: tf.TensorInfo[]
): Handle[] {
  const unused = empty(ops);
  // The second output is the unbiased variance, the fifth the biased one that the gradient takes.
  const [y, mean, , , variance] = ops.runAll(name, attributes, [...inputs, unused, unused], 6);
  return [y, mean, variance];
}

/** [x, y, dy, mean, variance, weight], epsilon and relu → gradients of x, weight and bias. */
export const batchNormTrainingGradient: NodeKernel = {
  name: 'DiffusionSslBatchNormTrainingGradient',
  compute(ops, { x, y, dy, mean, variance, weight }, { epsilon = 0, relu = 0 }) {
    const dOut = relu ? ops.run('ReluGrad', FLOAT, dy, y) : dy;
    const inputs = [dOut, x, weight, mean, variance, empty(ops)];
    return ops.runAll('FusedBatchNormGradV3', training(epsilon), inputs, 5).slice(0, 3);
  },
};

/**
 * [runningMean, runningVar, tracked, mean, variance], count and momentum → the new running mean, running variance
 * (unbiased, as torch's) and number of batches.
 */
export const runningStatistics: NodeKernel = {
  name: 'DiffusionSslRunningStatistics',
  compute(ops, { runningMean, runningVar, tracked, mean, variance }, { count = 2, momentum = 0 }) {
    const blend = (old: typeof mean, value: typeof mean, factor: number) =>
      ops.run(
        'AddV2',
        FLOAT,
        ops.run('Mul', FLOAT, old, ops.float(1 - momentum)),
        ops.run('Mul', FLOAT, value, ops.float(momentum * factor)),
      );
    const batches = ops.run('AddV2', [typeAttribute('T', 'int32')], tracked, ops.integer(1));
    return [blend(runningMean, mean, 1), blend(runningVar, variance, count / (count - 1)), batches];
  },
};

import * as tf from '@tensorflow/tfjs-core';
import { ConfigError } from '../errors/ConfigError.js';
import { argumentError } from '../internal/checks.js';
import { biasAdd } from './biasAdd.js';
import { channelSum } from './channelSum.js';
import { checkShape } from './checkShape.js';
import { customGradient } from './customGradient.js';
import { runKernel } from './runKernel.js';

/** torch's eps of BatchNorm2d. */
export const defaultEpsilon = 1e-5;

/** Options of {@link batchNormTraining} and {@link batchNormInference}. */
export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5, as in torch. */
  epsilon?: number;
  /** `'relu'` applies max(0, ·) to the result. Default none. */
  activation?: 'relu';
}

/** What {@link batchNormInference} normalises by, each of shape [channels]. */
export interface BatchNormParameters {
  /** Scale. */
  weight: tf.Tensor1D;
  /** Shift. */
  bias: tf.Tensor1D;
  /** Running mean. */
  mean: tf.Tensor1D;
  /** Running variance. */
  variance: tf.Tensor1D;
}

/** What {@link batchNormTraining} returns. */
export interface BatchNormResult {
  /** Normalised activation, of the shape of the input. */
  y: tf.Tensor4D;
  /** Mean of the batch, of shape [channels]; carries no gradient. */
  mean: tf.Tensor1D;
  /** Biased variance of the batch, of shape [channels]; carries no gradient. */
  variance: tf.Tensor1D;
}

/**
 * Batch normalisation with the statistics of the batch, differentiable in all three arguments.
 *
 * Equals `torch.nn.functional.batch_norm(training=True)`; the running statistics are the caller's to update.
 * Ioffe and Szegedy, "Batch Normalization" (2015).
 *
 * @param x Tensor of shape [batch, height, width, channels].
 * @param weight Scale, of shape [channels].
 * @param bias Shift, of shape [channels].
 * @throws If `weight` or `bias` has another shape, or there is only one value a channel: its variance is zero and the
 * result would not depend on it.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { batchNormTraining } from 'diffusion-ssl/ops';
 *
 * const { y, mean } = batchNormTraining(tf.randomNormal([2, 8, 8, 3]), tf.ones([3]), tf.zeros([3]));
 * console.log(y.shape, mean.shape); // [2, 8, 8, 3] [3]
 * ```
 */
export function batchNormTraining(
  x: tf.Tensor4D,
  weight: tf.Tensor1D,
  bias: tf.Tensor1D,
  { epsilon = defaultEpsilon, activation }: BatchNormOptions = {},
): BatchNormResult {
  checkShape('batchNormTraining', 'weight', weight, x.shape.slice(3));
  checkShape('batchNormTraining', 'bias', bias, x.shape.slice(3));
  const count = x.shape[0] * x.shape[1] * x.shape[2];
  if (count < 2) {
    throw argumentError(
      'batchNormTraining: the input shape',
      x.shape,
      'of more than one value a channel: take a larger batch or larger images',
    );
  }
  const relu = activation === 'relu';
  const attributes = { epsilon, relu: Number(relu) };
  const inOne = trainInOneKernel(x, weight, bias, attributes);
  if (inOne) return inOne;
  const [mean, variance] = batchStatistics(x, count);
  const inKernels = applyInKernels(x, { weight, bias, mean, variance }, attributes);
  if (inKernels) return { y: inKernels, mean, variance };
  const y = customGradient(
    [x, weight, bias],
    (x, weight, bias) => {
      const scale: tf.Tensor1D = tf.mul(weight, tf.rsqrt(tf.add(variance, epsilon)));
      const value = affine(x, scale, tf.sub(bias, tf.mul(mean, scale)), relu);
      return { value, saved: [x, relu ? value : x, mean, variance, weight] };
    },
    (dy, ...saved) => {
      const [x, value, mean, variance, weight] = saved;
      const inverse = tf.rsqrt(tf.add(variance, epsilon));
      const dOut: tf.Tensor4D = relu ? tf.mul(dy, tf.step(value)) : dy;
      const centered: tf.Tensor4D = tf.sub(x, mean);
      const dBias = channelSum(dOut);
      const dWeight = tf.mul(channelSum(tf.mul(dOut, centered)), inverse);
      const slope = tf.div(tf.mul(dWeight, inverse), -count);
      const moved = tf.add(tf.sub(dOut, tf.div(dBias, count)), tf.mul(centered, slope));
      return [tf.mul(moved, tf.mul(weight, inverse)), dWeight, dBias];
    },
  );
  return { y, mean, variance };
}

/** Where the backend has kernels for it: x normalised by mean and variance, on which it may depend unless `fixed`. */
function applyInKernels(
  x: tf.Tensor4D,
  { weight, bias, mean, variance }: BatchNormParameters,
  attributes: { epsilon: number; relu: number; fixed?: number },
): tf.Tensor4D | undefined {
  if (!tf.getKernel('DiffusionSslBatchNormApply', tf.getBackend())) return undefined;
  return customGradient(
    [x, weight, bias],
    (x, weight, bias) => {
      const inputs = { x, mean, variance, weight, bias };
      const value = runKernel<tf.Tensor4D>('DiffusionSslBatchNormApply', inputs, attributes)!;
      return { value, saved: [x, mean, variance, weight, bias] };
    },
    (dy, ...saved) => {
      const [x, mean, variance, weight, bias] = saved;
      const inputs = { x, dy, mean, variance, weight, bias };
      return runKernel<tf.Tensor[]>('DiffusionSslBatchNormGradient', inputs, attributes)!;
    },
  );
}

/** Where the backend has a kernel that computes the statistics and applies them: its result. */
function trainInOneKernel(
  x: tf.Tensor4D,
  weight: tf.Tensor1D,
  bias: tf.Tensor1D,
  attributes: { epsilon: number; relu: number },
): BatchNormResult | undefined {
  if (!tf.getKernel('DiffusionSslBatchNormTraining', tf.getBackend())) return undefined;
  let statistics: tf.Tensor1D[] = [];
  const y = customGradient(
    [x, weight, bias],
    (x, weight, bias) => {
      const inputs = { x, weight, bias };
      const [y, mean, variance] = runKernel<tf.Tensor[]>(
        'DiffusionSslBatchNormTraining',
        inputs,
        attributes,
      )!;
      // Results too, though the function that is differentiated returns one.
      statistics = [mean, variance].map((statistic) => tf.keep(statistic as tf.Tensor1D));
      return { value: y as tf.Tensor4D, saved: [x, y, mean, variance, weight, bias] };
    },
    (dy, ...saved) => {
      const [x, y, mean, variance, weight, bias] = saved;
      const inputs = { x, y, dy, mean, variance, weight, bias };
      return runKernel<tf.Tensor[]>('DiffusionSslBatchNormTrainingGradient', inputs, attributes)!;
    },
  );
  const [mean, variance] = statistics.map((kept) => {
    const statistic: tf.Tensor1D = tf.clone(kept);
    kept.dispose();
    return statistic;
  });
  return { y, mean, variance };
}

/** x · scale + shift, then max(0, ·) if `relu`. */
function affine(x: tf.Tensor4D, scale: tf.Tensor1D, shift: tf.Tensor1D, relu: boolean): tf.Tensor4D {
  const value: tf.Tensor4D = tf.add(tf.mul(x, scale), shift);
  return relu ? tf.relu(value) : value;
}

/**
 * Mean and biased variance of each channel. No gradient passes through here (that of {@link batchNormTraining} has
 * it already), so none of the intermediates is kept for the backward pass.
 */
function batchStatistics(x: tf.Tensor4D, count: number): [tf.Tensor1D, tf.Tensor1D] {
  const computed = runKernel<[tf.Tensor1D, tf.Tensor1D]>('DiffusionSslBatchNormStatistics', { x });
  if (computed) return computed;
  return tf.tidy(() => {
    const statistics = customGradient(
      [x],
      (x) => {
        const mean: tf.Tensor1D = tf.div(channelSum(x), count);
        const variance = tf.div<tf.Tensor1D>(channelSum(tf.squaredDifference(x, mean)), count);
        return { value: tf.concat([mean, variance]), saved: [] };
      },
      () => {
        throw new ConfigError('batchNormTraining: mean and variance carry no gradient; differentiate y.');
      },
    );
    return tf.split<tf.Tensor1D>(statistics, 2) as [tf.Tensor1D, tf.Tensor1D];
  });
}

/**
 * Batch normalisation with given statistics, differentiable in `x`, `weight` and `bias`.
 *
 * Equals `torch.nn.functional.batch_norm(training=False)`.
 *
 * @param x Tensor of shape [batch, height, width, channels].
 * @param parameters Scale, shift and running statistics of each channel.
 * @returns Tensor of the shape of `x`.
 * @throws If `weight`, `bias`, `mean` or `variance` has another shape.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { batchNormInference } from 'diffusion-ssl/ops';
 *
 * const [zero, one]: tf.Tensor1D[] = [tf.zeros([3]), tf.ones([3])];
 * const parameters = { weight: one, bias: zero, mean: zero, variance: one };
 * const y = batchNormInference(tf.ones([1, 2, 2, 3]), parameters);
 * console.log(y.shape); // [1, 2, 2, 3]
 * ```
 */
export function batchNormInference(
  x: tf.Tensor4D,
  { weight, bias, mean, variance }: BatchNormParameters,
  { epsilon = defaultEpsilon, activation }: BatchNormOptions = {},
): tf.Tensor4D {
  for (const [name, tensor] of Object.entries({ weight, bias, mean, variance })) {
    checkShape('batchNormInference', name, tensor, x.shape.slice(3));
  }
  const attributes = { epsilon, relu: Number(activation === 'relu'), fixed: 1 };
  const inKernels = applyInKernels(x, { weight, bias, mean, variance }, attributes);
  if (inKernels) return inKernels;
  return tf.tidy(() => {
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const normalized = scaleChannels(x, tf.mul(weight, inverse) as tf.Tensor1D);
    const affine = biasAdd(normalized, tf.sub(bias, tf.mul(tf.mul(mean, weight), inverse)) as tf.Tensor1D);
    return activation === 'relu' ? tf.relu(affine) : affine;
  });
}

/** `x` times one factor a channel, with a factor gradient that does not transpose the activation. */
function scaleChannels(x: tf.Tensor4D, scale: tf.Tensor1D): tf.Tensor4D {
  return customGradient(
    [x, scale],
    (x, scale) => ({ value: tf.mul<tf.Tensor4D>(x, scale), saved: [x, scale] }),
    (dy, x, scale) => [() => tf.mul(dy, scale), () => channelSum(tf.mul(dy, x))],
  );
}

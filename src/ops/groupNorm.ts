import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkInteger } from '../internal/checks.js';
import { channelSum } from './channelSum.js';
import { checkShape } from './checkShape.js';
import { customGradient } from './customGradient.js';
import { pixelMean } from './pixelMean.js';
import { runKernel } from './runKernel.js';
import { siluSlope } from './siluSlope.js';

/** Options of {@link groupNorm}. */
export interface GroupNormOptions {
  /** Number of groups of consecutive channels, a divisor of the channels. */
  groups: number;
  /** Added to the variance. Default 1e-5, as in torch. */
  epsilon?: number;
  /** `'silu'` applies x · sigmoid(x) to the result. Default none. */
  activation?: 'silu';
}

/**
 * Group normalisation: mean and variance over all pixels of an image and the channels of a group.
 *
 * Equals `torch.nn.functional.group_norm`. Wu and He, "Group Normalization" (2018).
 *
 * @param x Tensor of shape [batch, height, width, channels].
 * @param weight Scale, of shape [channels], or [batch, channels] where each sample has its own.
 * @param bias Shift, of the shape of `weight`.
 * @returns Tensor of the shape of `x`.
 * @throws If `groups` is no divisor of the channels, or `weight` or `bias` has another shape.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { groupNorm } from 'diffusion-ssl/ops';
 *
 * const [weight, bias] = [tf.tensor1d([1, 1, 1, 1, 1, 1]), tf.tensor1d([0, 0, 0, 0, 0, 0])];
 * console.log(groupNorm(tf.ones([1, 8, 8, 6]), weight, bias, { groups: 3 }).shape); // [1, 8, 8, 6]
 * ```
 */
export function groupNorm(
  x: tf.Tensor4D,
  weight: tf.Tensor1D | tf.Tensor2D,
  bias: tf.Tensor1D | tf.Tensor2D,
  { groups, epsilon = 1e-5, activation }: GroupNormOptions,
): tf.Tensor4D {
  const [batch, , , channels] = x.shape;
  checkInteger('groupNorm: groups', groups, 1);
  if (channels % groups !== 0) throw argumentError('groupNorm: groups', groups, `a divisor of ${channels}`);
  checkShape('groupNorm', 'weight', weight, weight.rank === 1 ? [channels] : [batch, channels]);
  checkShape('groupNorm', 'bias', bias, weight.shape);
  const perChannel = (parameter: tf.Tensor): tf.Tensor4D =>
    tf.reshape(parameter, [parameter.rank === 1 ? 1 : batch, 1, 1, channels]);
  const attributes = { groups, epsilon, silu: activation ? 1 : 0 };
  return customGradient(
    [x, weight as tf.Tensor, bias as tf.Tensor],
    (x, weight, bias) => {
      const fast = runKernel<tf.Tensor4D[]>('DiffusionSslGroupNorm', { x, weight, bias }, attributes);
      if (fast) {
        const [value, mean, deviation] = fast;
        return { value, saved: [x, mean, deviation, weight, bias] };
      }
      const mean = groupMean(pixelMean(x), groups);
      const centred = tf.sub<tf.Tensor4D>(x, mean);
      const variance = groupMean(pixelMean(tf.square(centred)), groups);
      const deviation = tf.rsqrt(tf.add<tf.Tensor4D>(variance, epsilon));
      const z = tf.add<tf.Tensor4D>(tf.mul(centred, tf.mul(deviation, perChannel(weight))), perChannel(bias));
      const value = activation ? tf.mul<tf.Tensor4D>(z, tf.sigmoid(z)) : z;
      return { value, saved: [x, mean, deviation, weight, bias] };
    },
    (dy, ...saved) => {
      const [x, mean, deviation, weight, bias] = saved;
      const inputs = { x, dy, mean, deviation, weight, bias };
      const fast = runKernel<tf.Tensor[]>('DiffusionSslGroupNormGradient', inputs, attributes);
      if (fast) return fast;
      const normal = tf.mul<tf.Tensor4D>(tf.sub(x, mean), deviation);
      const scale = perChannel(weight);
      const dz = activation
        ? tf.mul<tf.Tensor4D>(dy, siluSlope(tf.add(tf.mul(normal, scale), perChannel(bias))))
        : dy;
      const shiftMean = pixelMean(dz);
      const scaleMean = pixelMean(tf.mul(dz, normal));
      const along = tf.mul(normal, groupMean(tf.mul(scaleMean, scale), groups));
      const rest = tf.sub(tf.sub(tf.mul(dz, scale), groupMean(tf.mul(shiftMean, scale), groups)), along);
      const gradientOf = (mean: tf.Tensor4D) => {
        const sum = tf.mul<tf.Tensor4D>(mean, x.shape[1] * x.shape[2]);
        return weight.rank === 1 ? channelSum(sum) : tf.reshape(sum, [batch, channels]);
      };
      return [tf.mul(deviation, rest), gradientOf(scaleMean), gradientOf(shiftMean)];
    },
  );
}

/** The mean of each group of channels, at each of its channels: [batch, 1, 1, channels]. */
function groupMean(x: tf.Tensor4D, groups: number): tf.Tensor4D {
  const [batch, , , channels] = x.shape;
  const size = channels / groups;
  const means = tf.mean(tf.reshape(x, [batch, groups, size]), 2, true);
  return tf.reshape(tf.mul(means, tf.ones([1, 1, size])), [batch, 1, 1, channels]);
}

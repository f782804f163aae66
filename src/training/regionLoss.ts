import * as tf from '@tensorflow/tfjs-core';
import { argumentError, checkOneOf } from '../internal/checks.js';
import type { LossOptions } from '../losses/reduceLoss.js';
import type { DiffusionLossFunction } from './diffusionLoss.js';

/** Where a loss counts: where the network's input was masked, where it was not, or everywhere. */
export type LossRegion = 'masked' | 'visible' | 'all';

/**
 * A loss of a part of the images alone: its mean over the elements of each sample where a mask is 1, or where it is 0.
 * A sample that has no such element counts as a whole.
 *
 * For losses that are means over elements (`mse`, `l1`, `charbonnier`). One that looks at neighbourhoods sees the
 * target outside the region.
 *
 * @param loss Such a loss; it is called with `{ reduction: 'none' }`.
 * @param mask 1 where masked, 0 elsewhere: [batch, …], its other sides 1 or the images'; the caller's to dispose.
 * @returns A loss with the options of `loss`, one value a sample with `reduction: 'none'`.
 * @throws {ConfigError} If the region is unknown. What it returns throws if the mask does not fit.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { mse } from 'diffusion-ssl/losses';
 * import { regionLoss } from 'diffusion-ssl/training';
 *
 * const loss = regionLoss(mse, tf.tensor2d([[0, 1, 1, 0]]), 'masked');
 * console.log(await loss(tf.tensor2d([[9, 1, 3, 9]]), tf.zeros([1, 4])).data()); // (1 + 9) / 2 = 5
 * ```
 */
export function regionLoss(
  loss: DiffusionLossFunction,
  mask: tf.Tensor,
  region: LossRegion = 'masked',
): DiffusionLossFunction {
  checkOneOf('regionLoss: region', region, ['masked', 'visible', 'all']);
  if (region === 'all') return loss;
  return (prediction, target, { reduction = 'mean', weights }: LossOptions = {}) => {
    const fits = mask.rank === target.rank && mask.shape[0] === target.shape[0];
    if (!fits || !mask.shape.every((side, axis) => side === 1 || side === target.shape[axis])) {
      throw argumentError(
        'regionLoss: mask.shape',
        mask.shape,
        `[${target.shape}], all but the batch also 1`,
      );
    }
    return tf.tidy(() => {
      const wanted = region === 'masked' ? mask : tf.sub(1, mask);
      const axes = mask.shape.map((_, axis) => axis).slice(1);
      const found = tf.mean(wanted, axes, true);
      const isNowhere = tf.cast(tf.equal(found, 0), 'float32');
      const inside = tf.add(wanted, isNowhere);
      const share = tf.reshape(tf.add(found, isNowhere), [-1]);
      // The target in the prediction's place elsewhere: what the loss makes of that is taken off again.
      const seen = tf.add(target, tf.mul(inside, tf.sub(prediction, target)));
      const each = { reduction: 'none' } as const;
      const perfect = loss(target, target, each);
      const losses = tf.add(perfect, tf.div(tf.sub(loss(seen, target, each), perfect), share));
      const factors =
        weights instanceof tf.Tensor ? weights : weights && tf.tensor1d(Float32Array.from(weights));
      const weighted = factors ? tf.mul(losses, factors) : losses;
      if (reduction === 'none') return weighted;
      return reduction === 'mean'
        ? tf.mean(weighted)
        : tf.mul(tf.sum(weighted), target.size / target.shape[0]);
    });
  };
}

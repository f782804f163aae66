import * as tf from '@tensorflow/tfjs-core';
import type { ConditionFields, Denoiser } from '../diffusion/Denoiser.js';
import { argumentError, checkInteger } from '../internal/checks.js';

/** Options of {@link maskInput}. */
export interface MaskInputOptions {
  /**
   * How many channels of the mask the network is given behind those of the image: 1 for masks of pixels, as many as
   * bands for masks of bands. Default 0: it sees the zeros alone.
   */
  maskChannels?: number;
}

/**
 * A denoiser that does not see what a mask covers: zeros stand there in its noisy image. The mask is the field `mask`
 * of the condition, 1 where masked, and goes no further; where there is none, as in samplers, nothing is masked.
 *
 * With `regionLoss` of the same mask the network learns to fill in what it does not see; predict x0 for that, since the
 * noise behind a mask cannot be known.
 *
 * @param denoiser Of [batch, …, channels + maskChannels].
 * @returns A denoiser of [batch, …, channels].
 * @throws {ConfigError} If `maskChannels` is out of range. What it returns throws if a mask does not fit.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { mse } from 'diffusion-ssl/losses';
 * import { blockMask, diffusionLoss, maskInput, regionLoss } from 'diffusion-ssl/training';
 *
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000));
 * const denoiser = maskInput((xT: tf.Tensor) => tf.mul(xT, 0.5));
 * const mask = blockMask([2, 16, 16], { size: 4, key: { seed: 1, stream: 30, step: 7 } });
 * const noise = tf.randomNormal([2, 16, 16, 4]);
 * const batch = { x0: tf.zeros([2, 16, 16, 4]), t: Int32Array.of(10, 900), noise, condition: { mask } };
 * const loss = diffusionLoss(denoiser, batch, { alphaBars, predictionType: 'x0', loss: regionLoss(mse, mask) });
 * ```
 */
export function maskInput(
  denoiser: Denoiser<ConditionFields | undefined>,
  options: MaskInputOptions = {},
): Denoiser<ConditionFields | undefined> {
  const { maskChannels = 0 } = options;
  checkInteger('maskInput: maskChannels', maskChannels, 0);
  return (xT, t, condition, call) =>
    tf.tidy(() => {
      const { mask, ...rest } = condition ?? {};
      if (mask) checkMask(mask, xT, maskChannels);
      const visible = mask ? tf.mul(xT, tf.sub(1, mask)) : xT;
      const others = Object.keys(rest).length > 0 ? rest : undefined;
      if (maskChannels === 0) return denoiser(visible, t, others, call);
      const shape = [...xT.shape.slice(0, -1), maskChannels];
      const shown = mask ? tf.broadcastTo(mask, shape) : tf.zeros(shape);
      return denoiser(tf.concat([visible, shown], -1), t, others, call);
    });
}

function checkMask(mask: tf.Tensor, { shape, rank }: tf.Tensor, maskChannels: number): void {
  const fits = mask.rank === rank && mask.shape[0] === shape[0];
  if (!fits || !mask.shape.every((side, axis) => side === 1 || side === shape[axis])) {
    throw argumentError('maskInput: mask.shape', mask.shape, `[${shape}], all but the batch also 1`);
  }
  const channels = mask.shape[rank - 1];
  if (maskChannels > 0 && channels !== 1 && channels !== maskChannels) {
    throw argumentError('maskInput: maskChannels', maskChannels, `${channels}, as many as the mask has`);
  }
}

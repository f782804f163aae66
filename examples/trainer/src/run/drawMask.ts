import * as tf from '@tensorflow/tfjs-core';
import { randomUniform } from 'diffusion-ssl/ops';
import { bandMask, blockMask } from 'diffusion-ssl/training';
import { isMasked } from '../config/isMasked.js';
import type { PretrainConfig } from '../config/PretrainConfig.js';

const BLOCK_STREAM = 13;
const BAND_STREAM = 14;
const SHARE_STREAM = 15;

/** What a batch's network does not see, 1 where masked, if anything is: by seed and number of the batch alone. */
export function drawMask(
  config: PretrainConfig,
  shape: readonly [number, number, number, number],
  step: number,
): { mask: tf.Tensor } | undefined {
  if (!isMasked(config)) return undefined;
  const { seed, maskRatio: ratio, maskSize: size, maskBands: count, maskShare } = config;
  const key = (stream: number) => ({ seed, stream, step });
  const mask = tf.tidy(() => {
    const isChosen = tf.less(randomUniform([shape[0], 1, 1, 1], key(SHARE_STREAM)), maskShare);
    const blocks = blockMask(shape, { ratio, size, key: key(BLOCK_STREAM) });
    const bands = count > 0 ? bandMask(shape, { count, key: key(BAND_STREAM) }) : undefined;
    return tf.mul(bands ? tf.maximum(blocks, bands) : blocks, tf.cast(isChosen, 'float32'));
  });
  return { mask };
}

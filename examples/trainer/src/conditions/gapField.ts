import * as tf from '@tensorflow/tfjs-core';
import { randomUniform } from 'diffusion-ssl/ops';
import { cloudMask, scanLineMask } from 'diffusion-ssl/training';

/** Chips of which a network is told a part, and what draws the part. */
export interface OwnChips {
  images: Float32Array;
  shape: readonly [count: number, height: number, width: number, bands: number];
  seed: number;
  /** One a chip: its part depends on it and the seed alone. */
  steps: readonly number[];
}

const CLOUD_STREAM = 16;
const LINE_STREAM = 17;
const KIND_STREAM = 18;

/**
 * Chips as a network is told them that fills gaps: clouds in one half of them, gaps of scan lines in the other.
 *
 * @returns What `knownField` makes of them, the caller's.
 */
export function gapField({ images, shape, seed, steps }: OwnChips): tf.Tensor4D {
  return tf.tidy(() => {
    const gaps = steps.map((step) => {
      const key = (stream: number) => ({ seed, stream, step });
      const one = [1, shape[1], shape[2]];
      const isCloudy = tf.less(randomUniform([1, 1, 1, 1], key(KIND_STREAM)), 0.5);
      const [clouds, lines] = [
        cloudMask(one, { key: key(CLOUD_STREAM) }),
        scanLineMask(one, { key: key(LINE_STREAM) }),
      ];
      return tf.where(tf.broadcastTo(isCloudy, clouds.shape), clouds, lines);
    });
    return knownField(tf.tensor4d(images, [...shape]), tf.concat(gaps));
  });
}

/**
 * What is known of images, as a network is told it that fills gaps: their bands, 0 in gaps, and behind them a band that
 * is 1 where they are known.
 *
 * @param gaps [count, height, width, 1], 1 in gaps.
 */
export function knownField(images: tf.Tensor4D, gaps: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const known = tf.sub(1, gaps) as tf.Tensor4D;
    return tf.concat([tf.mul(images, known) as tf.Tensor4D, known], 3);
  });
}

import * as tf from '@tensorflow/tfjs-core';
import { randomIntegers } from 'diffusion-ssl/ops';
import type { ModelModality } from 'diffusion-ssl/pretrained';
import type { OwnChips } from './gapField.js';

const SUBSET_STREAM = 19;

/**
 * Chips as a network is told them that generates modalities from others: of each chip some are given, all such choices
 * alike, none of them included, but never all.
 *
 * @returns What `knownModalities` makes of them, the caller's.
 */
export function givenField(
  { images, shape, seed, steps }: OwnChips,
  modalities: readonly ModelModality[],
): tf.Tensor4D {
  const subsets = 2 ** modalities.length - 1;
  const isGiven = steps.map((step) => {
    const [subset] = randomIntegers(1, subsets, { seed, stream: SUBSET_STREAM, step });
    return modalities.map((_, i) => Math.floor(subset / 2 ** i) % 2 === 1);
  });
  return tf.tidy(() => knownModalities(tf.tensor4d(images, [...shape]), modalities, isGiven));
}

/**
 * What is given of images, as a network is told it that generates modalities from others: their bands, 0 in those that
 * are not given, and behind them a band for each modality that is 1 where it is given.
 *
 * @param isGiven Of each image: of each modality whether it is given.
 */
export function knownModalities(
  images: tf.Tensor4D,
  modalities: readonly ModelModality[],
  isGiven: readonly (readonly boolean[])[],
): tf.Tensor4D {
  return tf.tidy(() => {
    const [count, height, width, bands] = images.shape;
    const ofBands = isGiven.map((given) =>
      Array.from(
        { length: bands },
        (_, band) => given[modalities.findIndex((one) => one.bands.includes(band))],
      ),
    );
    const planes = (of: readonly (readonly boolean[])[]) =>
      tf.tensor4d(of.flat().map(Number), [count, 1, 1, of[0].length]);
    const flags = tf.broadcastTo(planes(isGiven), [count, height, width, modalities.length]);
    return tf.concat([tf.mul(images, planes(ofBands)) as tf.Tensor4D, flags as tf.Tensor4D], 3);
  });
}

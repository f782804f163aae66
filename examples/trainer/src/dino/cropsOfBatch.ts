import * as tf from '@tensorflow/tfjs-core';
import type { ChipBatch } from 'diffusion-ssl/data/node';
import { multiCrop } from 'diffusion-ssl/ssl/dino';
import { imagesOf } from '../data/imagesOf.js';
import type { DinoConfig } from './DinoConfig.js';

/** Streams of crops: beyond those of the loader's own draws. */
const CROPS = 0xc0000000;

/** The crops of a batch of chips, a tensor each for the whole batch; what is drawn is the chip's and epoch's. */
export function cropsOfBatch(
  { images, shape, indices }: Pick<ChipBatch, 'images' | 'shape' | 'indices'>,
  config: DinoConfig,
  epoch: number,
): tf.Tensor4D[] {
  const { globalSize, globalScale, localCount, localSize, localScale, mirror, chips } = config;
  const options = {
    global: { size: globalSize, scale: globalScale },
    local: { count: localCount, size: localSize, scale: localScale },
    flip: mirror,
  };
  const crops = imagesOf(images, shape).map((image, i) => {
    const stream = (CROPS + (indices[i] % 0x3fffffff)) >>> 0;
    return multiCrop(image, { seed: chips.seed, stream, step: epoch }, options);
  });
  return crops[0].map(({ height, width, channels, data }, k) => {
    const values = new Float32Array(crops.length * data.length);
    for (const [i, own] of crops.entries()) values.set(own[k].data, i * data.length);
    return tf.tensor4d(values, [crops.length, height, width, channels]);
  });
}

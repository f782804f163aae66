import type * as tf from '@tensorflow/tfjs-core';
import { dispose } from '@tensorflow/tfjs-core';
import {
  extractFeatures,
  type FeatureDenoiser,
  type FeatureOptions,
  stackFeatures,
} from 'diffusion-ssl/features';

/** What is asked of a network, for all images the same. */
export interface FeatureRequest
  extends Pick<FeatureOptions, 'timesteps' | 'layers' | 'alphaBars' | 'noise' | 'seed'> {
  /** Steps of DDIM backwards, in place of noise. */
  inversion?: FeatureOptions['inversion'];
}

/** Vectors of pixels, row-major [batch, height, width, dims]: all layers at all timesteps, upsampled and stacked. */
export async function readFeatures(
  denoiser: FeatureDenoiser<undefined>,
  x: tf.Tensor4D,
  options: FeatureOptions,
): Promise<{ rows: Float32Array; dims: number }> {
  const held: tf.Tensor[] = [];
  try {
    const maps = await extractFeatures(denoiser, x, options);
    held.push(...maps.map(({ map }) => map));
    const stacked = stackFeatures(maps, [x.shape[1], x.shape[2]]);
    held.push(stacked);
    return { rows: (await stacked.data()) as Float32Array, dims: stacked.shape[3] };
  } finally {
    dispose(held);
  }
}

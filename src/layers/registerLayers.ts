import * as tf from '@tensorflow/tfjs-core';
import { AdditiveAttentionBlock } from './AdditiveAttentionBlock.js';
import { AddTimeEmbedding } from './AddTimeEmbedding.js';
import { ConcatChannels } from './ConcatChannels.js';
import { Conv1x1 } from './Conv1x1.js';
import { ConvBlock } from './ConvBlock.js';
import { MaxPool2d } from './MaxPool2d.js';
import { PixelShuffle } from './PixelShuffle.js';
import { PixelUnshuffle } from './PixelUnshuffle.js';
import { SkipDropout } from './SkipDropout.js';
import { TimeEmbedding } from './TimeEmbedding.js';
import { UpconvBlock } from './UpconvBlock.js';

/**
 * Makes the layers of this package known to `tf.loadLayersModel`. Call it once before loading a saved model; building
 * a model with a factory of `diffusion-ssl/models` does it too. Explicit, because registering on import would put the
 * layers into every bundle.
 *
 * @example
 * ```ts
 * import { registerLayers } from 'diffusion-ssl/layers';
 *
 * registerLayers();
 * ```
 */
export function registerLayers(): void {
  for (const layer of [
    AdditiveAttentionBlock,
    AddTimeEmbedding,
    ConcatChannels,
    Conv1x1,
    ConvBlock,
    MaxPool2d,
    PixelShuffle,
    PixelUnshuffle,
    SkipDropout,
    TimeEmbedding,
    UpconvBlock,
  ]) {
    tf.serialization.registerClass(
      layer as unknown as tf.serialization.SerializableConstructor<tf.serialization.Serializable>,
    );
  }
}

import * as tf from '@tensorflow/tfjs-core';
import { AttentionBlock2d } from './AttentionBlock2d.js';
import { ConcatChannels } from './ConcatChannels.js';
import { Conv2d } from './Conv2d.js';
import { Downsample2d } from './Downsample2d.js';
import { EmbeddingTable } from './EmbeddingTable.js';
import { GroupNorm } from './GroupNorm.js';
import { Linear } from './Linear.js';
import { MetadataEmbedding } from './MetadataEmbedding.js';
import { ResnetBlock2d } from './ResnetBlock2d.js';
import { SampleGaussian } from './SampleGaussian.js';
import { TimestepMlp } from './TimestepMlp.js';
import { Transformer2d } from './Transformer2d.js';
import { Upsample2d } from './Upsample2d.js';

/**
 * Makes the layers of `unet2d`, `unet2dCondition` and `autoencoderKl` known to `tf.loadLayersModel`. Call it once
 * before loading a saved model; building a model with these factories does it too. Those of `unetAttD` are registered
 * by `registerLayers`, so that a bundle holds what it uses.
 *
 * @example
 * ```ts
 * import { registerUnetLayers } from 'diffusion-ssl/layers';
 *
 * registerUnetLayers();
 * ```
 */
export function registerUnetLayers(): void {
  for (const layer of [
    AttentionBlock2d,
    ConcatChannels,
    Conv2d,
    Downsample2d,
    EmbeddingTable,
    GroupNorm,
    Linear,
    MetadataEmbedding,
    ResnetBlock2d,
    SampleGaussian,
    TimestepMlp,
    Transformer2d,
    Upsample2d,
  ]) {
    tf.serialization.registerClass(
      layer as unknown as tf.serialization.SerializableConstructor<tf.serialization.Serializable>,
    );
  }
}

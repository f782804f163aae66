import * as tf from '@tensorflow/tfjs-core';
import { Conv2d } from './Conv2d.js';
import { DitBlock } from './DitBlock.js';
import { DitFinalLayer } from './DitFinalLayer.js';
import { EmbeddingTable } from './EmbeddingTable.js';
import { LayerNorm } from './LayerNorm.js';
import { Linear } from './Linear.js';
import { PatchEmbed } from './PatchEmbed.js';
import { PoolTokens } from './PoolTokens.js';
import { SinusoidalEmbedding } from './SinusoidalEmbedding.js';
import { TimestepMlp } from './TimestepMlp.js';
import { TokenSequence } from './TokenSequence.js';
import { TokensToImage } from './TokensToImage.js';
import { VitBlock } from './VitBlock.js';

/**
 * Makes the layers of `vit`, `uVit`, `dit` and `ditTransformer2d` known to `tf.loadLayersModel`. Call it once before
 * loading a saved model; building a model with these factories does it too.
 *
 * @example
 * ```ts
 * import { registerTransformerLayers } from 'diffusion-ssl/layers';
 *
 * registerTransformerLayers();
 * ```
 */
export function registerTransformerLayers(): void {
  for (const layer of [
    Conv2d,
    DitBlock,
    DitFinalLayer,
    EmbeddingTable,
    LayerNorm,
    Linear,
    PatchEmbed,
    PoolTokens,
    SinusoidalEmbedding,
    TimestepMlp,
    TokenSequence,
    TokensToImage,
    VitBlock,
  ]) {
    tf.serialization.registerClass(
      layer as unknown as tf.serialization.SerializableConstructor<tf.serialization.Serializable>,
    );
  }
}

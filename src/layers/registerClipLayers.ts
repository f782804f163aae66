import * as tf from '@tensorflow/tfjs-core';
import { ClipEmbeddings } from './ClipEmbeddings.js';
import { ClipEncoderLayer } from './ClipEncoderLayer.js';
import { EndToken } from './EndToken.js';
import { LayerNorm } from './LayerNorm.js';
import { Linear } from './Linear.js';

/**
 * Makes the layers of `clipText` known to `tf.loadLayersModel`. Call it once before loading a saved model; building
 * one with `clipText` does it too.
 *
 * @example
 * ```ts
 * import { registerClipLayers } from 'diffusion-ssl/layers';
 *
 * registerClipLayers();
 * ```
 */
export function registerClipLayers(): void {
  for (const layer of [ClipEmbeddings, ClipEncoderLayer, EndToken, LayerNorm, Linear]) {
    tf.serialization.registerClass(
      layer as unknown as tf.serialization.SerializableConstructor<tf.serialization.Serializable>,
    );
  }
}

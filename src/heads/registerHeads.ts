import * as tf from '@tensorflow/tfjs-core';
import { ChangeHeadLayer } from './ChangeHeadLayer.js';
import { ClassificationHeadLayer } from './ClassificationHeadLayer.js';
import { ConvSegmentationHead } from './ConvSegmentationHead.js';
import { FpnSegmentationHead } from './FpnSegmentationHead.js';
import { LinearSegmentationHead } from './LinearSegmentationHead.js';
import { UnetSegmentationHead } from './UnetSegmentationHead.js';
import { UpconvSegmentationHead } from './UpconvSegmentationHead.js';

/**
 * Makes the layers of these heads known to `tf.loadLayersModel`. Call it once before loading a saved model with one.
 *
 * @example
 * ```ts
 * import { registerHeads } from 'diffusion-ssl/heads';
 *
 * registerHeads();
 * ```
 */
export function registerHeads(): void {
  for (const layer of [
    ChangeHeadLayer,
    ClassificationHeadLayer,
    ConvSegmentationHead,
    FpnSegmentationHead,
    LinearSegmentationHead,
    UnetSegmentationHead,
    UpconvSegmentationHead,
  ]) {
    tf.serialization.registerClass(
      layer as unknown as tf.serialization.SerializableConstructor<tf.serialization.Serializable>,
    );
  }
}

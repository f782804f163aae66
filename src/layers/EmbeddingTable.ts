import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { embedding } from '../ops/embedding.js';
import { singleInput } from './layerCall.js';
import { embeddingSpecs, type Initialization, type ParameterSpec, withoutPrefix } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link EmbeddingTable}. */
export interface EmbeddingTableConfig extends SpecLayerConfig {
  /** Number of classes. */
  rows: number;
  channels: number;
  /** Default torch's, of variance 1. */
  initialization?: Initialization;
}

/**
 * A learned vector for each class.
 *
 * Classes [batch] or [batch, 1], int32 → [batch, channels]; NaN where a number is no class. Torch name `weight`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { EmbeddingTable } from 'diffusion-ssl/layers';
 *
 * const layer = new EmbeddingTable({ name: 'class_embedding', rows: 10, channels: 16 });
 * console.log((layer.apply(tf.tensor1d([0, 9], 'int32')) as tf.Tensor).shape); // [2, 16]
 * ```
 */
export class EmbeddingTable extends SpecLayer {
  static readonly className = 'DiffusionSslEmbeddingTable';

  constructor(protected override readonly config: EmbeddingTableConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { rows, channels, initialization } = this.config;
    return withoutPrefix(embeddingSpecs('', [rows, channels], initialization));
  }

  override computeOutputShape(inputShape: tfl.Shape): tfl.Shape {
    return [inputShape[0], this.config.channels];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const labels = singleInput(inputs);
    return tf.tidy(() =>
      embedding(tf.reshape(labels, [labels.shape[0]]), this.variable<tf.Rank.R2>('weight')),
    );
  }
}

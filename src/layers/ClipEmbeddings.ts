import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { argumentError } from '../internal/checks.js';
import { embedding } from '../ops/embedding.js';
import { singleInput } from './layerCall.js';
import { embeddingSpecs, type Initialization, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link ClipEmbeddings}. */
export interface ClipEmbeddingsConfig extends SpecLayerConfig {
  /** Number of tokens that there are. */
  vocabulary: number;
  /** Number of tokens that a text may have. */
  positions: number;
  channels: number;
}

/** As transformers draws both tables. */
const INITIALIZATION: Initialization = { type: 'normal', std: 0.02 };

/**
 * A learned vector for each token and one for its place, added: the first layer of CLIP's text encoder.
 *
 * Tokens [batch, length], int32 → [batch, length, channels]; NaN where a number is no token. Torch names
 * `token_embedding.weight` and `position_embedding.weight`.
 *
 * @throws On a call, if there are more tokens than places.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { ClipEmbeddings } from 'diffusion-ssl/layers';
 *
 * const layer = new ClipEmbeddings({ name: 'embeddings', vocabulary: 10, positions: 4, channels: 16 });
 * console.log((layer.apply(tf.tensor2d([[8, 1, 9]], [1, 3], 'int32')) as tf.Tensor).shape); // [1, 3, 16]
 * ```
 */
export class ClipEmbeddings extends SpecLayer {
  static readonly className = 'DiffusionSslClipEmbeddings';

  constructor(protected override readonly config: ClipEmbeddingsConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { vocabulary, positions, channels } = this.config;
    return [
      ...embeddingSpecs('token_embedding', [vocabulary, channels], INITIALIZATION),
      ...embeddingSpecs('position_embedding', [positions, channels], INITIALIZATION),
    ];
  }

  override computeOutputShape(inputShape: tfl.Shape): tfl.Shape {
    return [...inputShape, this.config.channels];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const ids = singleInput(inputs);
    const { positions, channels } = this.config;
    const length = ids.shape[1] ?? 0;
    if (ids.rank !== 2 || length > positions) {
      throw argumentError(`${this.name}: the input shape`, ids.shape, `[batch, at most ${positions} tokens]`);
    }
    const table = (name: string) => this.variable<tf.Rank.R2>(`${name}_embedding.weight`);
    return tf.tidy(() =>
      tf.add(embedding(ids, table('token')), tf.slice(table('position'), [0, 0], [length, channels])),
    );
  }
}

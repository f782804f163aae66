import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { embedding } from '../ops/embedding.js';

/** Configuration of {@link EndToken}. */
export interface EndTokenConfig {
  name: string;
  /** The token that ends a text; 2 means the largest number in it, as in checkpoints of before 2023. */
  eosTokenId: number;
}

/** What old configurations say whatever the end's number is. */
const LEGACY_EOS = 2;

/**
 * A text's vector at its end token, which stands for the whole text in CLIP.
 *
 * Called with [x, ids]: [batch, length, channels] and int32 [batch, length] → [batch, channels], at the first end token
 * of each text, or at its first token where there is none. It has no parameters.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { EndToken } from 'diffusion-ssl/layers';
 *
 * const layer = new EndToken({ name: 'pooled', eosTokenId: 9 });
 * const ids = tf.tensor2d([[8, 1, 9, 9]], [1, 4], 'int32');
 * console.log((layer.apply([tf.ones([1, 4, 16]), ids]) as tf.Tensor).shape); // [1, 16]
 * ```
 */
export class EndToken extends tfl.layers.Layer {
  static readonly className = 'DiffusionSslEndToken';
  private readonly eosTokenId: number;

  constructor({ eosTokenId, ...config }: EndTokenConfig) {
    super(config);
    this.eosTokenId = eosTokenId;
  }

  /** The configuration from which `tf.loadLayersModel` makes the layer again. */
  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), eosTokenId: this.eosTokenId };
  }

  override computeOutputShape([[batch, , channels]]: tfl.Shape[]): tfl.Shape {
    return [batch, channels];
  }

  override call(inputs: tf.Tensor[]): tf.Tensor {
    const [x, ids] = inputs as [tf.Tensor3D, tf.Tensor2D];
    const [batch, length, channels] = x.shape;
    return tf.tidy(() => {
      const sought = this.eosTokenId === LEGACY_EOS ? ids : tf.cast(tf.equal(ids, this.eosTokenId), 'int32');
      const starts = tf.mul(tf.range(0, batch, 1, 'int32'), tf.scalar(length, 'int32'));
      const places = tf.add(starts, tf.argMax(sought, 1));
      return embedding(places, tf.reshape(x, [batch * length, channels]));
    });
  }
}

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** Configuration of {@link TokensToImage}. */
export interface TokensToImageConfig {
  name: string;
  /** Side of a patch, in pixels. */
  patchSize: number;
  /** Channels of the image. */
  channels: number;
}

/**
 * The last tokens of a sequence as the patches of an image, each token's values being rows, columns and channels of its
 * patch, the channel changing fastest.
 *
 * Called with [tokens, patches]: [batch, tokens, patchSize² · channels], and [batch, rows, columns, …], which says how
 * many patches there are → [batch, rows · patchSize, columns · patchSize, channels]. It has no parameters.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { TokensToImage } from 'diffusion-ssl/layers';
 *
 * const layer = new TokensToImage({ name: 'unpatchify', patchSize: 2, channels: 3 });
 * console.log((layer.apply([tf.ones([1, 7, 12]), tf.ones([1, 2, 3, 8])]) as tf.Tensor).shape); // [1, 4, 6, 3]
 * ```
 */
export class TokensToImage extends tfl.layers.Layer {
  static readonly className = 'DiffusionSslTokensToImage';

  constructor(private readonly config: TokensToImageConfig) {
    super({ name: config.name });
  }

  override computeOutputShape([, [batch, rows, columns]]: tfl.Shape[]): tfl.Shape {
    const { patchSize, channels } = this.config;
    return [batch, rows && rows * patchSize, columns && columns * patchSize, channels];
  }

  override call(inputs: tf.Tensor[]): tf.Tensor {
    const [tokens, patches] = inputs as [tf.Tensor3D, tf.Tensor4D];
    const { patchSize: side, channels } = this.config;
    const [batch, rows, columns] = patches.shape;
    const count = rows * columns;
    return tf.tidy(() => {
      const own = tf.slice(tokens, [0, tokens.shape[1] - count, 0], [batch, count, tokens.shape[2]]);
      const cut = tf.reshape(own, [batch, rows, columns, side, side, channels]);
      return tf.reshape(tf.transpose(cut, [0, 1, 3, 2, 4, 5]), [
        batch,
        rows * side,
        columns * side,
        channels,
      ]);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...(this.config as unknown as tf.serialization.ConfigDict) };
  }
}

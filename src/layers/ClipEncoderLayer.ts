import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { attention } from '../ops/attention.js';
import { gelu } from '../ops/gelu.js';
import { quickGelu } from '../ops/quickGelu.js';
import { applyLayerNorm, applyLinear } from './applyParameters.js';
import { linearSpecs, normSpecs, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link ClipEncoderLayer}. */
export interface ClipEncoderLayerConfig extends SpecLayerConfig {
  channels: number;
  heads: number;
  /** Channels between the two matrices at its end. */
  hiddenChannels: number;
  /** GELU as it is, or its approximation by a sigmoid. Default `'quick_gelu'`. */
  activation?: 'quick_gelu' | 'gelu';
  /** Added to the variance of the norms. Default 1e-5. */
  epsilon?: number;
}

/** What scores of tokens that are not to be seen are lowered by: their weights are 0 to the bit. */
const MASKED = -1e9;

/**
 * A layer of CLIP's text encoder: layer norm and attention of each token to itself and those before it, layer norm and
 * two matrices.
 *
 * Called with x or [x, mask]: [batch, length, channels] and [batch, length], 1 for tokens to keep and 0 for others →
 * [batch, length, channels]. Torch names `self_attn.*`, `layer_norm1`, `mlp.*` and `layer_norm2`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { ClipEncoderLayer } from 'diffusion-ssl/layers';
 *
 * const layer = new ClipEncoderLayer({ name: 'layer', channels: 8, heads: 2, hiddenChannels: 16 });
 * console.log((layer.apply(tf.ones([1, 5, 8])) as tf.Tensor).shape); // [1, 5, 8]
 * ```
 */
export class ClipEncoderLayer extends SpecLayer {
  static readonly className = 'DiffusionSslClipEncoderLayer';

  constructor(protected override readonly config: ClipEncoderLayerConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { channels, hiddenChannels } = this.config;
    return [
      ...['k_proj', 'v_proj', 'q_proj', 'out_proj'].flatMap((name) =>
        linearSpecs(`self_attn.${name}`, channels, channels),
      ),
      ...normSpecs('layer_norm1', channels),
      ...linearSpecs('mlp.fc1', channels, hiddenChannels),
      ...linearSpecs('mlp.fc2', hiddenChannels, channels),
      ...normSpecs('layer_norm2', channels),
    ];
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tfl.Shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x, keep] = (Array.isArray(inputs) ? inputs : [inputs]) as [tf.Tensor3D, tf.Tensor2D?];
    const { heads, activation = 'quick_gelu', epsilon } = this.config;
    return tf.tidy(() => {
      const normed = applyLayerNorm(this, 'layer_norm1', x, epsilon);
      const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map((name) =>
        applyLinear(this, `self_attn.${name}`, normed),
      );
      const seen = attention(q, k, v, { heads, mask: causalMask(x.shape[1], keep) });
      const y: tf.Tensor3D = tf.add(x, applyLinear(this, 'self_attn.out_proj', seen));
      const hidden = applyLinear(this, 'mlp.fc1', applyLayerNorm(this, 'layer_norm2', y, epsilon));
      const activated = activation === 'gelu' ? gelu(hidden) : quickGelu(hidden);
      return tf.add(y, applyLinear(this, 'mlp.fc2', activated));
    });
  }
}

/** What is added to the scores, [batch or 1, 1, length, length]: tokens see those before them that are kept. */
function causalMask(length: number, keep: tf.Tensor2D | undefined): tf.Tensor4D {
  const later = Float32Array.from({ length: length ** 2 }, (_, i) =>
    i % length > Math.floor(i / length) ? MASKED : 0,
  );
  const causal = tf.tensor4d(later, [1, 1, length, length]);
  if (!keep) return causal;
  return tf.add(causal, tf.reshape(tf.mul(tf.sub(1, keep), MASKED), [keep.shape[0], 1, 1, length]));
}

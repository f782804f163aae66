import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { attention } from '../ops/attention.js';
import { geglu } from '../ops/geglu.js';
import { linear } from '../ops/linear.js';
import { applyGroupNorm, applyLayerNorm, applyLinear } from './applyParameters.js';
import { applyWeightAdding } from './applyWeight.js';
import { conv2dSpecs, linearSpecs, normSpecs, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';
import type { WeightProduct } from './WeightAdapter.js';

/** Configuration of {@link Transformer2d}. */
export interface Transformer2dConfig extends SpecLayerConfig {
  channels: number;
  heads: number;
  /** Channels of a head. */
  headChannels: number;
  /** Number of transformer blocks. Default 1. */
  layers?: number;
  /** Channels of the tokens that are attended to. */
  crossAttentionChannels: number;
  /** Groups of the norm before it. */
  groups: number;
  /** Whether the way in and out is a linear layer, or a convolution 1×1, which computes the same. Default false. */
  linearProjection?: boolean;
}

/** What masked tokens' scores are lowered by, as in diffusers. */
const MASKED = -10_000;

/** `Transformer2DModel` has this one, whatever the model's `norm_eps`. */
const GROUP_NORM_EPSILON = 1e-6;

/**
 * Transformer blocks on the pixels of an image, which attend to one another and to given tokens: diffusers'
 * `Transformer2DModel` of continuous inputs.
 *
 * Called with [x, tokens] or [x, tokens, mask]: [batch, height, width, channels], [batch, length,
 * crossAttentionChannels] and [batch, length], 1 for tokens to keep and 0 for others → [batch, height, width,
 * channels]. A block is layer norm and self-attention, layer norm and cross-attention, layer norm and GEGLU.
 * Torch names `norm`, `proj_in`, `transformer_blocks.N.*` and `proj_out`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { Transformer2d } from 'diffusion-ssl/layers';
 *
 * const config = { channels: 8, heads: 2, headChannels: 4, crossAttentionChannels: 6, groups: 4 };
 * const layer = new Transformer2d({ name: 'attention', ...config });
 * console.log((layer.apply([tf.ones([1, 8, 8, 8]), tf.ones([1, 5, 6])]) as tf.Tensor).shape); // [1, 8, 8, 8]
 * ```
 */
export class Transformer2d extends SpecLayer {
  static readonly className = 'DiffusionSslTransformer2d';

  constructor(protected override readonly config: Transformer2dConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const {
      channels,
      heads,
      headChannels,
      layers = 1,
      crossAttentionChannels,
      linearProjection,
    } = this.config;
    const inner = heads * headChannels;
    const projection = (name: string, from: number, to: number) =>
      linearProjection ? linearSpecs(name, from, to) : conv2dSpecs(name, [1, from, to], { bias: true });
    const attentionSpecs = (prefix: string, keys: number) => [
      ...linearSpecs(`${prefix}.to_q`, inner, inner, { bias: false }),
      ...linearSpecs(`${prefix}.to_k`, keys, inner, { bias: false }),
      ...linearSpecs(`${prefix}.to_v`, keys, inner, { bias: false }),
      ...linearSpecs(`${prefix}.to_out.0`, inner, inner),
    ];
    const block = (prefix: string) => [
      ...normSpecs(`${prefix}.norm1`, inner),
      ...attentionSpecs(`${prefix}.attn1`, inner),
      ...normSpecs(`${prefix}.norm2`, inner),
      ...attentionSpecs(`${prefix}.attn2`, crossAttentionChannels),
      ...normSpecs(`${prefix}.norm3`, inner),
      ...linearSpecs(`${prefix}.ff.net.0.proj`, inner, 8 * inner),
      ...linearSpecs(`${prefix}.ff.net.2`, 4 * inner, inner),
    ];
    return [
      ...normSpecs('norm', channels),
      ...projection('proj_in', channels, inner),
      ...Array.from({ length: layers }, (_, i) => block(`transformer_blocks.${i}`)).flat(),
      ...projection('proj_out', inner, channels),
    ];
  }

  override computeOutputShape(inputShape: tfl.Shape[]): tfl.Shape {
    return inputShape[0];
  }

  override call(inputs: tf.Tensor[]): tf.Tensor {
    const [x, context, keep] = inputs as [tf.Tensor4D, tf.Tensor3D, tf.Tensor2D?];
    const { groups, layers = 1 } = this.config;
    const [batch, height, width, channels] = x.shape;
    return tf.tidy(() => {
      const mask: tf.Tensor4D | undefined =
        keep && tf.reshape(tf.mul(tf.sub(1, keep), MASKED), [batch, 1, 1, keep.shape[1]]);
      const normed = applyGroupNorm(this, 'norm', x, { groups, epsilon: GROUP_NORM_EPSILON });
      const flat: [number, number, number] = [batch, height * width, channels];
      let tokens = this.project('proj_in', tf.reshape(normed, flat));
      for (let i = 0; i < layers; i++) {
        const prefix = `transformer_blocks.${i}`;
        const attend = (norm: string, name: string, given?: tf.Tensor3D) => {
          const queries = applyLayerNorm(this, `${prefix}.${norm}`, tokens);
          const seen = this.attend(`${prefix}.${name}`, queries, given ?? queries, given && mask);
          tokens = applyLinear(this, `${prefix}.${name}.to_out.0`, seen, tokens);
        };
        attend('norm1', 'attn1');
        attend('norm2', 'attn2', context);
        const hidden = geglu(
          applyLinear(this, `${prefix}.ff.net.0.proj`, applyLayerNorm(this, `${prefix}.norm3`, tokens)),
        );
        tokens = applyLinear(this, `${prefix}.ff.net.2`, hidden, tokens);
      }
      return tf.reshape(this.project('proj_out', tokens, tf.reshape(x, flat)), x.shape);
    });
  }

  private attend(prefix: string, queries: tf.Tensor3D, keys: tf.Tensor3D, mask?: tf.Tensor4D): tf.Tensor3D {
    const q = applyLinear(this, `${prefix}.to_q`, queries);
    const k = applyLinear(this, `${prefix}.to_k`, keys);
    const v = applyLinear(this, `${prefix}.to_v`, keys);
    return attention(q, k, v, { heads: this.config.heads, mask });
  }

  /** The way in or out, and what is added there; as a convolution its filter is [1, 1, in, out]. */
  private project(name: string, x: tf.Tensor3D, addend?: tf.Tensor3D): tf.Tensor3D {
    const product: WeightProduct<tf.Tensor3D> = (x, weight, bias, options) =>
      linear(x, tf.reshape(weight, weight.shape.slice(-2) as [number, number]), bias, options);
    return applyWeightAdding(this, name, { x, addend }, product);
  }
}

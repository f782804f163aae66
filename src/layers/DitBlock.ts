import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { attention } from '../ops/attention.js';
import { gelu } from '../ops/gelu.js';
import type { GeluType } from '../ops/geluParts.js';
import { layerNorm } from '../ops/layerNorm.js';
import { silu } from '../ops/silu.js';
import { applyLayerNorm, applyLinear } from './applyParameters.js';
import { addGated, modulate } from './modulate.js';
import { linearSpecs, normSpecs, type ParameterSpec, xavierUniform } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link DitBlock}. */
export interface DitBlockConfig extends SpecLayerConfig {
  channels: number;
  heads: number;
  /** Channels between the two linear layers behind the attention. Default 4 · `channels`. */
  hidden?: number;
  /** By whose names its parameters are known. Default `'dit'`, those of the authors' code. */
  names?: 'dit' | 'diffusers';
  /** Whether queries, keys and values have a bias. Default true. */
  qkvBias?: boolean;
  /** Added to the second norm's variance; that of the first is 1e-6. Default 1e-6. */
  epsilon?: number;
  /** Whether the second norm scales and shifts, `norm3`; of diffusers' names alone. Default false. */
  affine?: boolean;
  /** Which GELU. Default `'tanh'`. */
  approximate?: GeluType;
}

/** What a part is called by each. */
const NAMES = {
  dit: {
    qkv: ['attn.qkv'],
    out: 'attn.proj',
    first: 'mlp.fc1',
    second: 'mlp.fc2',
    modulation: 'adaLN_modulation.1',
  },
  diffusers: {
    qkv: ['attn1.to_q', 'attn1.to_k', 'attn1.to_v'],
    out: 'attn1.to_out.0',
    first: 'ff.net.0.proj',
    second: 'ff.net.2',
    modulation: 'norm1.linear',
  },
} as const;

const FIRST_EPSILON = 1e-6;

/**
 * A block of a diffusion transformer, adaLN-Zero: self-attention and two linear layers with GELU between, whose norms
 * are scaled and shifted, and whose ways are gated, by a vector of the sample. At first the gates are closed.
 *
 * Called with [x, condition]: [batch, tokens, channels] and [batch, channels] → [batch, tokens, channels]. Torch names
 * `attn.qkv`, `attn.proj`, `mlp.fc1`, `mlp.fc2`, `adaLN_modulation.1`; or diffusers' `norm1.linear`, `attn1.to_q`,
 * `to_k`, `to_v`, `to_out.0`, `ff.net.0.proj`, `ff.net.2`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { DitBlock } from 'diffusion-ssl/layers';
 *
 * const layer = new DitBlock({ name: 'block', channels: 8, heads: 2 });
 * console.log((layer.apply([tf.ones([1, 5, 8]), tf.ones([1, 8])]) as tf.Tensor).shape); // [1, 5, 8]
 * ```
 */
export class DitBlock extends SpecLayer {
  static readonly className = 'DiffusionSslDitBlock';

  constructor(protected override readonly config: DitBlockConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { channels, hidden = 4 * channels, qkvBias: bias = true, affine = false } = this.config;
    const names = this.names;
    const matrix = (name: string, from: number, to: number) =>
      linearSpecs(name, from, to, { initialization: xavierUniform(from, to) });
    const toQkv = (3 * channels) / names.qkv.length;
    const qkv = names.qkv.flatMap((name) =>
      linearSpecs(name, channels, toQkv, { bias, initialization: xavierUniform(channels, toQkv) }),
    );
    const attentionSpecs = [...qkv, ...matrix(names.out, channels, channels)];
    const mlp = [...matrix(names.first, channels, hidden), ...matrix(names.second, hidden, channels)];
    const modulation = linearSpecs(names.modulation, channels, 6 * channels, {
      initialization: { type: 'constant', value: 0 },
    });
    const norm = affine ? normSpecs('norm3', channels) : [];
    return this.config.names === 'diffusers'
      ? [...modulation, ...attentionSpecs, ...norm, ...mlp]
      : [...attentionSpecs, ...mlp, ...modulation];
  }

  override computeOutputShape(inputShape: tfl.Shape[]): tfl.Shape {
    return inputShape[0];
  }

  override call(inputs: tf.Tensor[]): tf.Tensor {
    const [x, condition] = inputs as [tf.Tensor3D, tf.Tensor2D];
    const { heads, affine, epsilon = FIRST_EPSILON, approximate = 'tanh' } = this.config;
    const names = this.names;
    return tf.tidy(() => {
      const modulation = applyLinear(this, names.modulation, silu(condition));
      const [shiftA, scaleA, gateA, shiftM, scaleM, gateM] = tf.split(modulation, 6, 1);
      const normed = modulate(layerNorm(x, { epsilon: FIRST_EPSILON }), shiftA, scaleA);
      const seen = applyLinear(this, names.out, attention(...this.queriesKeysValues(normed), { heads }));
      const y = addGated(x, gateA, seen);
      const second = affine ? applyLayerNorm(this, 'norm3', y, epsilon) : layerNorm(y, { epsilon });
      const hidden = gelu(applyLinear(this, names.first, modulate(second, shiftM, scaleM)), { approximate });
      return addGated(y, gateM, applyLinear(this, names.second, hidden));
    });
  }

  private get names() {
    return NAMES[this.config.names ?? 'dit'];
  }

  private queriesKeysValues(tokens: tf.Tensor3D): [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D] {
    const parts = this.names.qkv.map((name) => applyLinear(this, name, tokens));
    return (parts.length === 1 ? tf.split(parts[0], 3, 2) : parts) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
  }
}

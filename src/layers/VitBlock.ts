import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { randomStreams } from '../internal/streams.js';
import { attention } from '../ops/attention.js';
import { attentionWeights } from '../ops/attentionWeights.js';
import { dropout } from '../ops/dropout.js';
import { gelu } from '../ops/gelu.js';
import { applyLayerNorm, applyLinear } from './applyParameters.js';
import { isDropping } from './layerCall.js';
import { linearSpecs, normalValues, normSpecs, type ParameterSpec, parameter } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link VitBlock}. */
export interface VitBlockConfig extends SpecLayerConfig {
  channels: number;
  heads: number;
  /** Channels between the two linear layers behind the attention. Default 4 · `channels`. */
  hidden?: number;
  /** Whether queries, keys and values have a bias. Default true. */
  qkvBias?: boolean;
  /** Added to the norms' variance. Default 1e-6. */
  epsilon?: number;
  /** Initial value of the factors that the two ways are scaled by, `ls1` and `ls2`. Default: there are none. */
  layerScale?: number;
  /** Whether it takes a skip connection, joined by `skip_linear`. Default false. */
  skip?: boolean;
  /** Probability that a sample goes around each of the two ways in training, in [0, 1). Default 0. */
  dropPathRate?: number;
  /** Position of its two among the model's dropout layers, which chooses the random streams. Default 0. */
  dropoutIndex?: number;
}

/**
 * A block of a vision transformer: layer norm and self-attention, layer norm and two linear layers with GELU between,
 * each with a way around.
 *
 * [batch, tokens, channels] → the same shape; with `skip` [x, skip], two such tensors. Torch names, those of timm and
 * DINO: `norm1`, `attn.qkv`, `attn.proj`, `norm2`, `mlp.fc1`, `mlp.fc2`, and `ls1.gamma`, `ls2.gamma`, `skip_linear`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { VitBlock } from 'diffusion-ssl/layers';
 *
 * const layer = new VitBlock({ name: 'block', channels: 8, heads: 2 });
 * const tokens = tf.randomNormal<tf.Rank.R3>([1, 5, 8]);
 * console.log((layer.apply(tokens) as tf.Tensor).shape); // [1, 5, 8]
 * console.log(layer.attentionWeights(tokens).shape); // [1, 2, 5, 5]
 * ```
 */
export class VitBlock extends SpecLayer {
  static readonly className = 'DiffusionSslVitBlock';
  /** Step of the next draws of what goes around: set it to draw a step's samples again. */
  dropoutStep = 0;

  constructor(protected override readonly config: VitBlockConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { channels, hidden = 4 * channels, qkvBias = true, layerScale, skip = false } = this.config;
    const matrix = (name: string, [from, to]: readonly [number, number], bias = true) =>
      linearSpecs(name, from, to, { bias, initialization: normalValues(0.02) });
    const scale = (name: string) =>
      layerScale === undefined
        ? []
        : [parameter(`${name}.gamma`, [channels], { type: 'constant', value: layerScale })];
    return [
      ...normSpecs('norm1', channels),
      ...matrix('attn.qkv', [channels, 3 * channels], qkvBias),
      ...matrix('attn.proj', [channels, channels]),
      ...scale('ls1'),
      ...normSpecs('norm2', channels),
      ...matrix('mlp.fc1', [channels, hidden]),
      ...matrix('mlp.fc2', [hidden, channels]),
      ...scale('ls2'),
      ...(skip ? matrix('skip_linear', [2 * channels, channels]) : []),
    ];
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return Array.isArray(inputShape[0]) ? inputShape[0] : (inputShape as tfl.Shape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const [x, skip] = (Array.isArray(inputs) ? inputs : [inputs]) as tf.Tensor3D[];
    const isDropped = isDropping(kwargs) && (this.config.dropPathRate ?? 0) > 0;
    const step = isDropped ? this.dropoutStep++ : 0;
    const added = (tokens: tf.Tensor3D, way: tf.Tensor3D, index: 1 | 2): tf.Tensor3D => {
      const scaled =
        this.config.layerScale === undefined ? way : tf.mul(way, this.variable(`ls${index}.gamma`));
      return tf.add(tokens, isDropped ? this.dropSamples(scaled as tf.Tensor3D, index, step) : scaled);
    };
    return tf.tidy(() => {
      const tokens = this.joined(x, skip);
      const { heads } = this.config;
      const seen = applyLinear(this, 'attn.proj', attention(...this.queriesKeysValues(tokens), { heads }));
      const y = added(tokens, seen, 1);
      const hidden = gelu(applyLinear(this, 'mlp.fc1', this.norm('norm2', y)));
      return added(y, applyLinear(this, 'mlp.fc2', hidden), 2);
    });
  }

  /**
   * How much each token attends to each, by head: [batch, heads, queries, tokens].
   *
   * @param queries Asked of the first tokens alone: 1 for the class token. Default all.
   */
  attentionWeights(x: tf.Tensor3D, queries = x.shape[1]): tf.Tensor4D {
    return tf.tidy(() => {
      const [q, k] = this.queriesKeysValues(x);
      const [batch, , channels] = q.shape;
      return attentionWeights(tf.slice(q, [0, 0, 0], [batch, queries, channels]), k, this.config.heads);
    });
  }

  private joined(x: tf.Tensor3D, skip: tf.Tensor3D | undefined): tf.Tensor3D {
    return this.config.skip && skip ? applyLinear(this, 'skip_linear', tf.concat([x, skip], 2)) : x;
  }

  private norm(name: string, x: tf.Tensor3D): tf.Tensor3D {
    return applyLayerNorm(this, name, x, this.config.epsilon ?? 1e-6);
  }

  private queriesKeysValues(tokens: tf.Tensor3D): [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D] {
    const all = applyLinear(this, 'attn.qkv', this.norm('norm1', tokens));
    return tf.split(all, 3, 2) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
  }

  /** Huang et al., "Deep networks with stochastic depth" (2016); what is kept is scaled up, as timm's DropPath does. */
  private dropSamples(way: tf.Tensor3D, index: 1 | 2, step: number): tf.Tensor3D {
    const { dropPathRate: rate = 0, dropoutIndex = 0, seed = 0 } = this.config;
    const key = { seed, stream: randomStreams.dropout + dropoutIndex + index - 1, step };
    const [batch, tokens, channels] = way.shape;
    const whole: tf.Tensor4D = tf.reshape(way, [batch, 1, tokens * channels, 1]);
    return tf.reshape(dropout(whole, { rate, type: 'spatial', key }), way.shape);
  }
}

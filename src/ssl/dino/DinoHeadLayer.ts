import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { applyLinear } from '../../layers/applyParameters.js';
import { singleInput } from '../../layers/layerCall.js';
import { linearSpecs, normalValues, type ParameterSpec, parameter } from '../../layers/ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from '../../layers/SpecLayer.js';
import { gelu } from '../../ops/gelu.js';
import { linear } from '../../ops/linear.js';

/** Configuration of {@link DinoHeadLayer}. */
export interface DinoHeadLayerConfig extends SpecLayerConfig {
  /** Features in. */
  inDim: number;
  /** Values out. */
  outDim: number;
  /** Linear layers before the bottleneck's norm. */
  layers: number;
  /** Features between these. */
  hiddenDim: number;
  /** Features before the last layer. */
  bottleneckDim: number;
  /** Whether the rows of the last layer keep the length 1. */
  normLastLayer: boolean;
}

/**
 * DINO's projection head: linear layers with GELU between, an L2 norm, and a linear layer of weight-normalised rows.
 *
 * [batch, inDim] → [batch, outDim]. Torch names `mlp.0`, `mlp.2`, …, or `mlp` of a single layer,
 * `last_layer.weight_g` and `last_layer.weight_v`, without the layer's name.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { DinoHeadLayer } from 'diffusion-ssl/ssl/dino';
 *
 * const sizes = { inDim: 8, outDim: 32, layers: 3, hiddenDim: 16, bottleneckDim: 4, normLastLayer: true };
 * console.log((new DinoHeadLayer({ name: 'head', ...sizes }).apply(tf.ones([2, 8])) as tf.Tensor).shape); // [2, 32]
 * ```
 */
export class DinoHeadLayer extends SpecLayer {
  static readonly className = 'DiffusionSslDinoHeadLayer';
  override readonly isRoot = true;

  constructor(protected override readonly config: DinoHeadLayerConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { inDim, outDim, hiddenDim, bottleneckDim, normLastLayer } = this.config;
    const names = this.linearNames;
    const linears = names.flatMap((name, i) => {
      const from = i === 0 ? inDim : hiddenDim;
      const to = i === names.length - 1 ? bottleneckDim : hiddenDim;
      return linearSpecs(name, from, to, { initialization: normalValues(0.02) });
    });
    const ones = { type: 'constant', value: 1 } as const;
    const uniform = { type: 'uniform', bound: 1 / Math.sqrt(bottleneckDim) } as const;
    const length = parameter('last_layer.weight_g', [1, outDim], ones, 'linear');
    return [
      ...linears,
      { ...length, trainable: !normLastLayer },
      parameter('last_layer.weight_v', [bottleneckDim, outDim], uniform, 'linear'),
    ];
  }

  override computeOutputShape([batch]: tfl.Shape): tfl.Shape {
    return [batch, this.config.outDim];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const names = this.linearNames;
      const features = names.reduce(
        (x, name, i) => applyLinear(this, name, i === 0 ? x : gelu(x)),
        singleInput(inputs),
      );
      const length = tf.sqrt(tf.sum(tf.square(features), -1, true));
      return linear(tf.div(features, tf.maximum(length, 1e-12)), this.lastLayer());
    });
  }

  /** Directions of length g: [bottleneckDim, outDim]. */
  private lastLayer(): tf.Tensor2D {
    const [g, v] = ['g', 'v'].map((part) => this.variable<tf.Rank.R2>(`last_layer.weight_${part}`));
    const lengths = tf.sqrt(tf.sum(tf.square(v), 0, true));
    return tf.mul(v, tf.div(g, lengths));
  }

  private get linearNames(): string[] {
    const { layers } = this.config;
    return layers === 1 ? ['mlp'] : Array.from({ length: layers }, (_, i) => `mlp.${2 * i}`);
  }
}

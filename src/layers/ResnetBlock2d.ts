import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { randomStreams } from '../internal/streams.js';
import { avgPool2d } from '../ops/avgPool2d.js';
import { conv2d } from '../ops/conv2d.js';
import { dropout } from '../ops/dropout.js';
import { upsampleNearest2d } from '../ops/upsampleNearest2d.js';
import { type ActivationName, activate } from './activation.js';
import { applyConv, applyGroupNorm, applyLinear, normalize } from './applyParameters.js';
import { applyWeight } from './applyWeight.js';
import { isDropping } from './layerCall.js';
import { conv2dSpecs, linearSpecs, normSpecs, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link ResnetBlock2d}. */
export interface ResnetBlock2dConfig extends SpecLayerConfig {
  inChannels: number;
  outChannels: number;
  /** Size of the timestep's embedding. Default: the block takes none. */
  embeddingChannels?: number;
  groups: number;
  epsilon: number;
  /** Default `'silu'`. */
  activation?: ActivationName;
  /** Whether the embedding scales and shifts what the second norm gives, or is added before it. Default false. */
  scaleShift?: boolean;
  /** What the sum of both ways is divided by. Default 1. */
  outputScaleFactor?: number;
  /** Whether the block doubles or halves height and width, by repeated pixels or means of 2×2. Default neither. */
  resample?: 'up' | 'down';
  /** Probability of dropping a value before the second convolution, in [0, 1). Default 0. */
  dropoutRate?: number;
  /** Position among the model's dropout layers, which chooses the random stream. Default 0. */
  dropoutIndex?: number;
}

/**
 * Group norm, activation and convolution twice, with the timestep's embedding between and a way around: diffusers'
 * `ResnetBlock2D`.
 *
 * Called with [x, embedding], or x alone where the block takes none: [batch, height, width, inChannels] and
 * [batch, embeddingChannels] → [batch, height, width, outChannels]. Torch names `norm1`, `conv1`, `time_emb_proj`,
 * `norm2`, `conv2` and, where the channels change, `conv_shortcut`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { ResnetBlock2d } from 'diffusion-ssl/layers';
 *
 * const block = new ResnetBlock2d({ name: 'resnet', inChannels: 4, outChannels: 8, groups: 2, epsilon: 1e-5 });
 * console.log((block.apply(tf.ones([1, 16, 16, 4])) as tf.Tensor).shape); // [1, 16, 16, 8]
 * ```
 */
export class ResnetBlock2d extends SpecLayer {
  static readonly className = 'DiffusionSslResnetBlock2d';
  /** Step of the next dropout mask: counts the calls in training; set it to draw a step's mask again. */
  dropoutStep = 0;

  constructor(protected override readonly config: ResnetBlock2dConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { inChannels, outChannels, embeddingChannels, scaleShift } = this.config;
    return [
      ...normSpecs('norm1', inChannels),
      ...conv2dSpecs('conv1', [3, inChannels, outChannels], { bias: true }),
      ...(embeddingChannels
        ? linearSpecs('time_emb_proj', embeddingChannels, scaleShift ? 2 * outChannels : outChannels)
        : []),
      ...normSpecs('norm2', outChannels),
      ...conv2dSpecs('conv2', [3, outChannels, outChannels], { bias: true }),
      ...(inChannels === outChannels
        ? []
        : conv2dSpecs('conv_shortcut', [1, inChannels, outChannels], { bias: true })),
    ];
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [batch, ...sides] = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tfl.Shape;
    const { resample, outChannels } = this.config;
    const scaled = (side: number | null) => {
      if (side === null || !resample) return side;
      return resample === 'up' ? 2 * side : Math.floor(side / 2);
    };
    return [batch, scaled(sides[0]), scaled(sides[1]), outChannels];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const [x, embedding] = (Array.isArray(inputs) ? inputs : [inputs]) as [tf.Tensor4D, tf.Tensor2D?];
    const { inChannels, outChannels, outputScaleFactor = 1, resample } = this.config;
    const { groups, epsilon, activation = 'silu' } = this.config;
    const resized = resample === 'up' ? upsampleNearest2d : resample === 'down' ? avgPool2d : undefined;
    return tf.tidy(() => {
      const normed = applyGroupNorm(this, 'norm1', x, { groups, epsilon, activation });
      let y = this.condition(resized ? resized(normed) : normed, embedding);
      if (isDropping(kwargs)) y = this.drop(y);
      const around = resized ? resized(x) : x;
      const shortcut = inChannels === outChannels ? around : applyConv(this, 'conv_shortcut', around);
      const sum = applyConv(this, 'conv2', y, shortcut);
      return outputScaleFactor === 1 ? sum : tf.div(sum, outputScaleFactor);
    });
  }

  /** The first convolution and the second norm, with what the embedding does between or behind, and the activation. */
  private condition(x: tf.Tensor4D, embedding: tf.Tensor2D | undefined): tf.Tensor4D {
    const { groups, epsilon, activation = 'silu', scaleShift, outChannels } = this.config;
    const settings = { groups, epsilon, activation };
    if (!embedding) return applyGroupNorm(this, 'norm2', applyConv(this, 'conv1', x), settings);
    const projected = applyLinear(this, 'time_emb_proj', activate(embedding, activation));
    if (!scaleShift) {
      const product = (x: tf.Tensor4D, filter: tf.Tensor4D, bias?: tf.Tensor1D) =>
        conv2d(x, filter, bias && tf.add<tf.Tensor2D>(projected, bias));
      return applyGroupNorm(this, 'norm2', applyWeight(this, 'conv1', x, product), settings);
    }
    const y = applyConv(this, 'conv1', x);
    // (n · w + b) · (1 + scale) + shift = n · w(1 + scale) + (b(1 + scale) + shift)
    const [scale, shift] = tf.split(projected, [outChannels, outChannels], 1);
    const factor = tf.add(scale, 1);
    const weight: tf.Tensor2D = tf.mul(factor, this.variable('norm2.weight'));
    const bias: tf.Tensor2D = tf.add(tf.mul(factor, this.variable('norm2.bias')), shift);
    return normalize(y, [weight, bias], settings);
  }

  private drop(x: tf.Tensor4D): tf.Tensor4D {
    const { dropoutRate = 0, dropoutIndex = 0, seed = 0 } = this.config;
    if (dropoutRate === 0) return x;
    const key = { seed, stream: randomStreams.dropout + dropoutIndex, step: this.dropoutStep++ };
    return dropout(x, { rate: dropoutRate, key });
  }
}

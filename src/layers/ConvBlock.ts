import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { argumentError } from '../internal/checks.js';
import { randomStreams } from '../internal/streams.js';
import { conv2d } from '../ops/conv2d.js';
import { type DropoutType, dropout } from '../ops/dropout.js';
import { applyWeight } from './applyWeight.js';
import { channelsLast, isDropping, isTraining, singleInput } from './layerCall.js';
import { batchNormSpecs, conv2dSpecs, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link ConvBlock}. */
export interface ConvBlockConfig extends SpecLayerConfig {
  inChannels: number;
  outChannels: number;
  /** Number of convolutions. */
  convolutions: number;
  /** Probability of dropping after the last convolution; without effect when there is only one. Default 0. */
  dropoutRate?: number;
  /** Default `'traditional'`. */
  dropoutType?: DropoutType;
  /** Position among the model's dropout layers, which chooses the random stream. Default 0. */
  dropoutIndex?: number;
  /** Height and width must be multiples of this. Default 1. */
  sizeMultiple?: number;
}

/**
 * Convolutions 3×3, each followed by batch normalisation and ReLU, with dropout at the end.
 *
 * [batch, height, width, inChannels] → [batch, height, width, outChannels]. Torch names `block.0.weight` (convolution,
 * no bias), `block.1.*` (batch norm), `block.3.weight`, … A block of one convolution has no dropout, as in the
 * reference implementation.
 *
 * @throws On a call, if the channels are not `inChannels` or a side is no multiple of `sizeMultiple`; in training, if
 * the batch leaves a single value a channel.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { ConvBlock } from 'diffusion-ssl/layers';
 *
 * const block = new ConvBlock({ name: 'encoder_1', inChannels: 4, outChannels: 8, convolutions: 2 });
 * console.log((block.apply(tf.ones([1, 16, 16, 4])) as tf.Tensor).shape); // [1, 16, 16, 8]
 * ```
 */
export class ConvBlock extends SpecLayer {
  static readonly className = 'DiffusionSslConvBlock';
  /** Step of the next dropout mask: counts the calls in training; set it to draw a step's mask again. */
  dropoutStep = 0;

  constructor(protected override readonly config: ConvBlockConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { inChannels, outChannels, convolutions } = this.config;
    return Array.from({ length: convolutions }, (_, i) => [
      ...conv2dSpecs(`block.${3 * i}`, [3, i === 0 ? inChannels : outChannels, outChannels], { bias: false }),
      ...batchNormSpecs(`block.${3 * i + 1}`, outChannels),
    ]).flat();
  }

  override computeOutputShape(inputShape: tfl.Shape): tfl.Shape {
    return channelsLast(inputShape, this.config.outChannels);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const x = singleInput(inputs) as tf.Tensor4D;
    this.checkInput(x);
    const training = isTraining(kwargs);
    return tf.tidy(() => {
      let y = x;
      for (let i = 0; i < this.config.convolutions; i++) {
        y = applyWeight(this, `block.${3 * i}`, y, conv2d);
        y = this.batchNorm(y, `block.${3 * i + 1}`, training, 'relu');
      }
      return isDropping(kwargs) ? this.drop(y) : y;
    });
  }

  /** Throws unless the block takes an input of this shape. */
  checkInput({ shape }: tf.Tensor4D): void {
    const { sizeMultiple = 1, inChannels } = this.config;
    if (shape[1] % sizeMultiple !== 0 || shape[2] % sizeMultiple !== 0 || shape[3] !== inChannels) {
      const accepted = `[batch, height, width, ${inChannels}] with height and width multiples of ${sizeMultiple}`;
      throw argumentError(`${this.name}: the input shape`, shape, accepted);
    }
  }

  /** Whether the block drops values in training. */
  get hasDropout(): boolean {
    return (this.config.dropoutRate ?? 0) > 0 && this.config.convolutions > 1;
  }

  private drop(x: tf.Tensor4D): tf.Tensor4D {
    if (!this.hasDropout) return x;
    const { dropoutRate = 0, dropoutType, dropoutIndex = 0, seed = 0 } = this.config;
    const key = { seed, stream: randomStreams.dropout + dropoutIndex, step: this.dropoutStep++ };
    return dropout(x, { rate: dropoutRate, type: dropoutType, key });
  }
}

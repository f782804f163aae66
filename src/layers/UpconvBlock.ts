import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { checkOneOf } from '../internal/checks.js';
import { biasAdd } from '../ops/biasAdd.js';
import { conv2d } from '../ops/conv2d.js';
import { conv2dTranspose } from '../ops/conv2dTranspose.js';
import { pixelShuffle } from '../ops/pixelShuffle.js';
import { upsampleBilinear2d } from '../ops/upsampleBilinear2d.js';
import { applyWeight } from './applyWeight.js';
import { channelsLast, isTraining, singleInput } from './layerCall.js';
import { batchNormSpecs, conv2dSpecs, convTranspose2dSpecs, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/**
 * How a decoder level doubles its size: `'fixed'` bilinear interpolation (aligned corners), batch norm and a 1×1
 * convolution; `'deconv_1'` a transposed 2×2 convolution; `'deconv_2'` a transposed 4×4 one; `'DUC'` (dense upsampling
 * convolution) a 3×3 convolution to four times the channels, batch norm, ReLU and pixel shuffle.
 */
export type UpMode = 'fixed' | 'deconv_1' | 'deconv_2' | 'DUC';

/** The values of {@link UpMode}. */
export const upModes: readonly UpMode[] = ['fixed', 'deconv_1', 'deconv_2', 'DUC'];

/** Configuration of {@link UpconvBlock}. */
export interface UpconvBlockConfig extends SpecLayerConfig {
  inChannels: number;
  outChannels: number;
  upmode: UpMode;
}

/**
 * Doubles height and width: [batch, height, width, inChannels] → [batch, 2·height, 2·width, outChannels].
 *
 * How is the `upmode` ({@link UpMode}). Torch names `block.0.*`, `block.1.*`, `block.2.*`, by the mode.
 *
 * @throws If `upmode` is unknown.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { UpconvBlock } from 'diffusion-ssl/layers';
 *
 * const up = new UpconvBlock({ name: 'decoder_1', inChannels: 8, outChannels: 4, upmode: 'deconv_2' });
 * console.log((up.apply(tf.ones([1, 4, 4, 8])) as tf.Tensor).shape); // [1, 8, 8, 4]
 * ```
 */
export class UpconvBlock extends SpecLayer {
  static readonly className = 'DiffusionSslUpconvBlock';

  constructor(protected override readonly config: UpconvBlockConfig) {
    super(config);
    checkOneOf('UpconvBlock: upmode', config.upmode, upModes);
  }

  /** From a saved configuration, in which tfjs has written `'deconv_2'` as `'deconv2'` and `'DUC'` as `'duc'`. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const plain = (name: unknown) => String(name).toLowerCase().replaceAll('_', '');
    const upmode = upModes.find((mode) => plain(mode) === plain(config.upmode)) ?? config.upmode;
    return new cls({ ...config, upmode });
  }

  override parameterSpecs(): ParameterSpec[] {
    const { inChannels, outChannels, upmode } = this.config;
    switch (upmode) {
      case 'fixed':
        return [
          ...batchNormSpecs('block.1', inChannels),
          ...conv2dSpecs('block.2', [1, inChannels, outChannels], { bias: false }),
        ];
      case 'deconv_1':
        return convTranspose2dSpecs('block.0', 2, inChannels, outChannels);
      case 'deconv_2':
        return convTranspose2dSpecs('block.0', 4, inChannels, outChannels);
      case 'DUC':
        return [
          ...conv2dSpecs('block.0', [3, inChannels, 4 * outChannels], { bias: true }),
          ...batchNormSpecs('block.1', 4 * outChannels),
        ];
    }
  }

  override computeOutputShape(inputShape: tfl.Shape): tfl.Shape {
    return channelsLast(inputShape, this.config.outChannels, 2);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const x = singleInput(inputs) as tf.Tensor4D;
    const training = isTraining(kwargs);
    const parameter = <R extends tf.Rank>(name: string) => this.variable<R>(`block.0.${name}`);
    return tf.tidy(() => {
      switch (this.config.upmode) {
        case 'fixed':
          return applyWeight(
            this,
            'block.2',
            this.batchNorm(upsampleBilinear2d(x), 'block.1', training),
            conv2d,
          );
        case 'deconv_1':
        case 'deconv_2':
          return biasAdd(conv2dTranspose(x, parameter<tf.Rank.R4>('weight')), parameter<tf.Rank.R1>('bias'));
        case 'DUC': {
          const convolved = applyWeight(this, 'block.0', x, conv2d);
          return pixelShuffle(this.batchNorm(convolved, 'block.1', training, 'relu'));
        }
      }
    });
  }
}

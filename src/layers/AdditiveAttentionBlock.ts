import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { addRelu } from '../ops/addRelu.js';
import { attentionGate } from '../ops/attentionGate.js';
import { conv2d } from '../ops/conv2d.js';
import { applyWeight } from './applyWeight.js';
import { isTraining } from './layerCall.js';
import { batchNormSpecs, conv2dSpecs, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link AdditiveAttentionBlock}. */
export interface AdditiveAttentionBlockConfig extends SpecLayerConfig {
  /** Channels of the gating signal and of the encoder activation. */
  channels: number;
  /** Channels of the space in which they are added. */
  betweenChannels: number;
}

/**
 * Additive attention gate: weighs each pixel of an encoder activation by what the decoder knows.
 *
 * Called with [gating signal, encoder activation], both [batch, height, width, channels]; returns the latter times
 * sigmoid(ψ(ReLU(W_g·g + W_x·x))), each of the three a 1×1 convolution with bias and batch normalisation. Oktay et
 * al., "Attention U-Net: learning where to look for the pancreas" (2018).
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { AdditiveAttentionBlock } from 'diffusion-ssl/layers';
 *
 * const attention = new AdditiveAttentionBlock({ name: 'Att1', channels: 8, betweenChannels: 4 });
 * const gated = attention.apply([tf.ones([1, 16, 16, 8]), tf.ones([1, 16, 16, 8])]) as tf.Tensor;
 * console.log(gated.shape); // [1, 16, 16, 8]
 * ```
 */
export class AdditiveAttentionBlock extends SpecLayer {
  static readonly className = 'DiffusionSslAdditiveAttentionBlock';

  constructor(protected override readonly config: AdditiveAttentionBlockConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { channels, betweenChannels } = this.config;
    const branch = (name: string, inChannels: number, outChannels: number) => [
      ...conv2dSpecs(`${name}.0`, [1, inChannels, outChannels], { bias: true }),
      ...batchNormSpecs(`${name}.1`, outChannels),
    ];
    return [
      ...branch('W_g', channels, betweenChannels),
      ...branch('W_x', channels, betweenChannels),
      ...branch('psi', betweenChannels, 1),
    ];
  }

  override computeOutputShape(inputShape: tfl.Shape[]): tfl.Shape {
    return inputShape[1];
  }

  override call(inputs: tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const [gate, x] = inputs as tf.Tensor4D[];
    const training = isTraining(kwargs);
    const project = (input: tf.Tensor4D, name: string) =>
      this.batchNorm(applyWeight(this, `${name}.0`, input, conv2d), `${name}.1`, training);
    return tf.tidy(() => {
      const sum = addRelu(project(gate, 'W_g'), project(x, 'W_x'));
      return attentionGate(x, project(sum, 'psi'));
    });
  }
}

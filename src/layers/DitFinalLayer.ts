import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { layerNorm } from '../ops/layerNorm.js';
import { silu } from '../ops/silu.js';
import { applyLinear } from './applyParameters.js';
import { modulate } from './modulate.js';
import { linearSpecs, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';

/** Configuration of {@link DitFinalLayer}. */
export interface DitFinalLayerConfig extends SpecLayerConfig {
  channels: number;
  /** Values of a token. */
  outChannels: number;
  /** By whose names its parameters are known. Default `'dit'`, those of the authors' code. */
  names?: 'dit' | 'diffusers';
}

/**
 * The end of a diffusion transformer: a norm, scaled and shifted by a vector of the sample, and a linear layer. It
 * begins with zeros.
 *
 * Called with [x, condition]: [batch, tokens, channels] and [batch, channels] → [batch, tokens, outChannels]. Torch
 * names `linear` and `adaLN_modulation.1`; or diffusers' `proj_out_1`, `proj_out_2`, without the layer's name.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { DitFinalLayer } from 'diffusion-ssl/layers';
 *
 * const layer = new DitFinalLayer({ name: 'final_layer', channels: 8, outChannels: 12 });
 * console.log((layer.apply([tf.ones([1, 5, 8]), tf.ones([1, 8])]) as tf.Tensor).shape); // [1, 5, 12]
 * ```
 */
export class DitFinalLayer extends SpecLayer {
  static readonly className = 'DiffusionSslDitFinalLayer';
  override readonly isRoot: boolean;

  constructor(protected override readonly config: DitFinalLayerConfig) {
    super(config);
    this.isRoot = config.names === 'diffusers';
  }

  override parameterSpecs(): ParameterSpec[] {
    const { channels, outChannels } = this.config;
    const initialization = { type: 'constant', value: 0 } as const;
    const [linear, modulation] = this.partNames;
    const specs = [
      linearSpecs(linear, channels, outChannels, { initialization }),
      linearSpecs(modulation, channels, 2 * channels, { initialization }),
    ];
    return (this.isRoot ? specs.reverse() : specs).flat();
  }

  override computeOutputShape([tokens]: tfl.Shape[]): tfl.Shape {
    return [tokens[0], tokens[1], this.config.outChannels];
  }

  override call(inputs: tf.Tensor[]): tf.Tensor {
    const [x, condition] = inputs as [tf.Tensor3D, tf.Tensor2D];
    const [linear, modulation] = this.partNames;
    return tf.tidy(() => {
      const [shift, scale] = tf.split(applyLinear(this, modulation, silu(condition)), 2, 1);
      return applyLinear(this, linear, modulate(layerNorm(x, { epsilon: 1e-6 }), shift, scale));
    });
  }

  private get partNames(): readonly [linear: string, modulation: string] {
    return this.config.names === 'diffusers'
      ? ['proj_out_2', 'proj_out_1']
      : ['linear', 'adaLN_modulation.1'];
  }
}

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { argumentError } from '../internal/checks.js';
import { linear } from '../ops/linear.js';
import { applyWeight } from './applyWeight.js';
import { singleInput } from './layerCall.js';
import { conv2dSpecs, type Initialization, type ParameterSpec } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';
import type { WeightProduct } from './WeightAdapter.js';

/** Configuration of {@link PatchEmbed}. */
export interface PatchEmbedConfig extends SpecLayerConfig {
  inChannels: number;
  channels: number;
  /** Side of a patch, in pixels. */
  patchSize: number;
  /** Of the filter; the bias then begins with zeros. Default torch's of both. */
  initialization?: Initialization;
}

/**
 * Patches of an image as vectors: a convolution whose filter and stride are a patch.
 *
 * [batch, height, width, inChannels] → [batch, height / patchSize, width / patchSize, channels]. Torch names
 * `proj.weight` and `proj.bias`.
 *
 * @throws On a call, if the channels are not `inChannels` or a side is no multiple of `patchSize`.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { PatchEmbed } from 'diffusion-ssl/layers';
 *
 * const layer = new PatchEmbed({ name: 'patch_embed', inChannels: 4, channels: 8, patchSize: 16 });
 * console.log((layer.apply(tf.ones([1, 32, 48, 4])) as tf.Tensor).shape); // [1, 2, 3, 8]
 * ```
 */
export class PatchEmbed extends SpecLayer {
  static readonly className = 'DiffusionSslPatchEmbed';

  constructor(protected override readonly config: PatchEmbedConfig) {
    super(config);
  }

  override parameterSpecs(): ParameterSpec[] {
    const { inChannels, channels, patchSize, initialization } = this.config;
    const [weight, bias] = conv2dSpecs('proj', [patchSize, inChannels, channels], { bias: true });
    if (!initialization) return [weight, bias];
    const zeros = { type: 'constant', value: 0 } as const;
    return [
      { ...weight, initialization },
      { ...bias, initialization: zeros },
    ];
  }

  override computeOutputShape([batch, height, width]: tfl.Shape): tfl.Shape {
    const { patchSize, channels } = this.config;
    const count = (side: number | null) => (side === null ? null : Math.floor(side / patchSize));
    return [batch, count(height), count(width), channels];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = singleInput(inputs);
    const { inChannels, patchSize: side } = this.config;
    const [batch, height, width, bands] = x.shape;
    if (height % side !== 0 || width % side !== 0 || bands !== inChannels) {
      const accepted = `[batch, height, width, ${inChannels}] with height and width multiples of ${side}`;
      throw argumentError(`${this.name}: the input shape`, x.shape, accepted);
    }
    const [rows, columns] = [height / side, width / side];
    return tf.tidy(() => {
      const cut = tf.reshape(x, [batch, rows, side, columns, side, bands]);
      const values = side * side * bands;
      const patches: tf.Tensor4D = tf.reshape(tf.transpose(cut, [0, 1, 3, 2, 4, 5]), [
        batch,
        rows,
        columns,
        values,
      ]);
      const product: WeightProduct<tf.Tensor4D> = (x, weight, bias) =>
        linear(x, tf.reshape(weight, [values, weight.size / values]), bias);
      return applyWeight(this, 'proj', patches, product);
    });
  }
}

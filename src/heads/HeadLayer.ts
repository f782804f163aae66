import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { argumentError } from '../internal/checks.js';
import { applyWeight } from '../layers/applyWeight.js';
import { batchNormSpecs, conv2dSpecs, type ParameterSpec } from '../layers/ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from '../layers/SpecLayer.js';
import { conv2d } from '../ops/conv2d.js';
import { resample2d } from '../ops/resample2d.js';

/** Configuration that the heads share which make one output of several feature maps. */
export interface HeadLayerConfig extends SpecLayerConfig {
  /** Channels of each feature map that comes in. */
  inChannels: readonly number[];
  /** Channels of the output. */
  classes: number;
  /** Channels within. */
  width: number;
  /** Height and width of the output over those of the largest feature map. */
  scale: number;
}

type Size = readonly [height: number, width: number];

/** A layer from several feature maps [batch, height, width, channels], of any sizes, to maps of classes. */
export abstract class HeadLayer extends SpecLayer {
  constructor(protected override readonly config: HeadLayerConfig) {
    super(config);
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const shapes = (Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as tfl.Shape[];
    const side = (axis: number) => {
      const sides = shapes.map((shape) => shape[axis]);
      return sides.includes(null) ? null : Math.max(...(sides as number[])) * this.config.scale;
    };
    return [shapes[0][0], side(1), side(2), this.config.classes];
  }

  /** The feature maps, in a list, after a look at their shapes. */
  protected maps(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor4D[] {
    const maps = (Array.isArray(inputs) ? inputs : [inputs]) as tf.Tensor4D[];
    const { inChannels } = this.config;
    const shapes = maps.map(({ shape }) => shape);
    if (maps.length !== inChannels.length || shapes.some((shape, i) => shape[3] !== inChannels[i])) {
      const accepted = `${inChannels.length} maps [batch, height, width, channels] of [${inChannels}] channels`;
      throw argumentError(`${this.name}: the input shapes`, shapes, accepted);
    }
    return maps;
  }

  /** Height and width of the largest map, times `scale`. */
  protected size(maps: readonly tf.Tensor4D[], scale = 1): Size {
    const largest = (axis: 1 | 2) => scale * Math.max(...maps.map(({ shape }) => shape[axis]));
    return [largest(1), largest(2)];
  }

  /** Bilinearly to another size. */
  protected resized(x: tf.Tensor4D, size: Size): tf.Tensor4D {
    return x.shape[1] === size[0] && x.shape[2] === size[1] ? x : resample2d(x, { size });
  }

  /** Specifications of a convolution with bias. */
  protected convolutionSpecs(
    prefix: string,
    [side, inputs, outputs]: readonly [number, number, number],
  ): ParameterSpec[] {
    return conv2dSpecs(prefix, [side, inputs, outputs], { bias: true });
  }

  /** Specifications of a convolution and the batch norm behind. */
  protected normedSpecs(
    prefix: string,
    [side, inputs, outputs]: readonly [number, number, number],
  ): ParameterSpec[] {
    return [
      ...conv2dSpecs(`${prefix}.0`, [side, inputs, outputs], { bias: false }),
      ...batchNormSpecs(`${prefix}.1`, outputs),
    ];
  }

  /** The convolution at `prefix`, with bias. */
  protected convolve(x: tf.Tensor4D, prefix: string): tf.Tensor4D {
    return applyWeight(this, prefix, x, conv2d);
  }

  /** The convolution at `prefix`, its batch norm and ReLU. */
  protected convolveNormed(x: tf.Tensor4D, prefix: string, training: boolean): tf.Tensor4D {
    const y = applyWeight(this, `${prefix}.0`, x, conv2d);
    return this.batchNorm(y, `${prefix}.1`, training, 'relu');
  }
}

/** The sum of tensors of one shape. */
export function sumOf(tensors: readonly tf.Tensor4D[]): tf.Tensor4D {
  return tensors.reduce((sum, tensor) => tf.add(sum, tensor));
}

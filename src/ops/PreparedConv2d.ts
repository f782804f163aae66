import * as tf from '@tensorflow/tfjs-core';
import { checkShape } from './checkShape.js';
import { conv2dTranspose } from './conv2dTranspose.js';
import { runKernel } from './runKernel.js';

/** Options of {@link PreparedConv2d}. */
export interface PreparedConv2dOptions {
  /** Whether it is the transposed convolution that doubles height and width. Default false. */
  transpose?: boolean;
  /** `'relu'` applies max(0, ·) to the result. Default none. */
  activation?: 'relu';
}

/**
 * A convolution with bias for many calls without a gradient: what can be computed of the filter alone is computed at
 * the first call, and kept until an input of another shape comes.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { PreparedConv2d } from 'diffusion-ssl/ops';
 *
 * const convolution = new PreparedConv2d(tf.ones([3, 3, 4, 2]), tf.zeros([2]), { activation: 'relu' });
 * console.log(convolution.apply(tf.ones([1, 8, 8, 4])).shape); // [1, 8, 8, 2]
 * convolution.dispose();
 * ```
 */
export class PreparedConv2d {
  private readonly filter: tf.Tensor4D;
  private readonly bias: tf.Tensor1D;
  private readonly transpose: boolean;
  private readonly relu: boolean;
  private prepared?: tf.Tensor;
  private preparedFor = '';

  /**
   * @param filter As of `conv2d`, [k, k, inChannels, outChannels], or of `conv2dTranspose`, [k, k, outChannels,
   * inChannels].
   * @param bias Of shape [outChannels]. Both are the caller's to dispose, at any time.
   * @throws If `bias` has another shape.
   */
  constructor(filter: tf.Tensor4D, bias: tf.Tensor1D, options: PreparedConv2dOptions = {}) {
    this.transpose = options.transpose ?? false;
    this.relu = options.activation === 'relu';
    checkShape('PreparedConv2d', 'bias', bias, [filter.shape[this.transpose ? 2 : 3]]);
    // Clones share the data, yet outlive the variables' next assignment.
    this.filter = tf.keep(tf.clone(filter));
    this.bias = tf.keep(tf.clone(bias));
  }

  /**
   * @param x Tensor of shape [batch, height, width, inChannels].
   * @returns [batch, height, width, outChannels], transposed [batch, 2·height, 2·width, outChannels].
   */
  apply(x: tf.Tensor4D): tf.Tensor4D {
    const { filter, bias, transpose, relu } = this;
    const [size, , , last] = filter.shape;
    checkShape('PreparedConv2d', 'x', x, [...x.shape.slice(0, 3), transpose ? last : filter.shape[2]]);
    const shape = x.shape.join();
    if (this.preparedFor !== shape) {
      const [batch, height, width] = x.shape;
      const attributes = { batch, height, width, transpose: Number(transpose) };
      this.prepared?.dispose();
      this.prepared = runKernel<tf.Tensor>('DiffusionSslPrepareConv2D', { filter, bias }, attributes);
      if (this.prepared) tf.keep(this.prepared);
      this.preparedFor = shape;
    }
    if (this.prepared) {
      const attributes = { size, columns: bias.shape[0], transpose: Number(transpose), relu: Number(relu) };
      const y = runKernel<tf.Tensor4D>(
        'DiffusionSslPreparedConv2D',
        { x, prepared: this.prepared },
        attributes,
      );
      if (y) return y;
    }
    const activation = relu ? 'relu' : 'linear';
    if (!transpose) {
      return (
        runKernel<tf.Tensor4D>('DiffusionSslConv2DBias', { x, filter, bias }, { relu: Number(relu) }) ??
        tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', bias, activation })
      );
    }
    return tf.tidy(() => {
      const y = tf.add<tf.Tensor4D>(conv2dTranspose(x, filter), bias);
      return relu ? tf.relu(y) : y;
    });
  }

  /** Gives back what it holds. */
  dispose(): void {
    tf.dispose([this.filter, this.bias]);
    this.prepared?.dispose();
  }
}

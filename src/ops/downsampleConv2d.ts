import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { biasAdd } from './biasAdd.js';
import { checkShape } from './checkShape.js';
import { customGradient } from './customGradient.js';
import { runKernel } from './runKernel.js';

/** Options of {@link downsampleConv2d}. */
export interface DownsampleConv2dOptions {
  /**
   * Where the image gets a line of zeros: `'around'` it, torch's `padding=1`, or only `'after'` its last row and
   * column, as diffusers pads where `downsample_padding` is 0. Default `'around'`.
   */
  padding?: 'around' | 'after';
}

/**
 * Convolution 3×3 of stride 2, which halves height and width, differentiable on every backend.
 *
 * Equals `torch.nn.functional.conv2d(x, w, b, stride=2)` of the padded image up to layout. Its gradients are forward
 * convolutions: see `conv2d`.
 *
 * @param x Tensor of shape [batch, height, width, inChannels].
 * @param filter Tensor of shape [3, 3, inChannels, outChannels].
 * @param bias Tensor of shape [outChannels].
 * @returns Tensor of shape [batch, height / 2, width / 2, outChannels]; odd sides are rounded up where the padding is
 * around, else down.
 * @throws If the filter is not 3×3, its input channels are not those of `x`, `bias` has another shape, or the image is
 * too small.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { downsampleConv2d } from 'diffusion-ssl/ops';
 *
 * console.log(downsampleConv2d(tf.ones([1, 8, 8, 4]), tf.ones([3, 3, 4, 2]), tf.zeros([2])).shape); // [1, 4, 4, 2]
 * ```
 */
export function downsampleConv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D,
  { padding = 'around' }: DownsampleConv2dOptions = {},
): tf.Tensor4D {
  const before = padding === 'around' ? 1 : 0;
  const smallest = 2 - before;
  const [, height, width, inChannels] = x.shape;
  if (filter.shape[0] !== 3 || filter.shape[1] !== 3) {
    throw argumentError('downsampleConv2d: the filter shape', filter.shape, '3×3 in space');
  }
  if (filter.shape[2] !== inChannels || height < smallest || width < smallest) {
    const accepted = `[batch, height, width, ${filter.shape[2]}], at least ${smallest} high and wide`;
    throw argumentError('downsampleConv2d: the input shape', x.shape, accepted);
  }
  checkShape('downsampleConv2d', 'bias', bias, [filter.shape[3]]);
  // The filter stands at every second pixel of the image with its line before; whether it reaches beyond the last one
  // depends on the side.
  const pad = [height, width].map((side): [number, number] => [before, (side + before + 1) % 2]);
  const convolve = () =>
    customGradient(
      [x, filter],
      (x, filter) => ({
        value:
          runKernel<tf.Tensor4D>('DiffusionSslDownsampleConv2D', { x, filter }, { before }) ??
          tf.conv2d(tf.pad(x, [[0, 0], ...pad, [0, 0]]), filter, 2, 'valid'),
        saved: [x, filter],
      }),
      (dy, x, filter) => [
        () =>
          runKernel<tf.Tensor>(
            'DiffusionSslDownsampleConv2DBackpropInput',
            { dy, filter },
            { before, height, width },
          ) ??
          tf.tidy(() => {
            const shape = x.shape.map((side, i) => side + (pad[i - 1]?.[0] ?? 0) + (pad[i - 1]?.[1] ?? 0));
            const dPadded = tf.conv2dTranspose(dy, filter, shape as tf.Tensor4D['shape'], 2, 'valid');
            return tf.slice(dPadded, [0, before, before, 0], x.shape);
          }),
        () =>
          runKernel<tf.Tensor>('DiffusionSslDownsampleConv2DBackpropFilter', { x, dy }, { before }) ??
          tf.tidy(() => {
            // Channels take the batch's place and the batch the channels': dy, its pixels apart by the stride, is the
            // filter.
            const images: tf.Tensor4D = tf.transpose(tf.pad(x, [[0, 0], ...pad, [0, 0]]), [3, 1, 2, 0]);
            const kernel: tf.Tensor4D = tf.transpose(dy, [1, 2, 0, 3]);
            return tf.transpose(tf.conv2d(images, kernel, 1, 'valid', 'NHWC', 2), [1, 2, 0, 3]);
          }),
      ],
    );
  return tf.tidy(() => biasAdd(convolve(), bias));
}

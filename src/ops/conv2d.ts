import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { addToPixels } from './addToPixels.js';
import { biasAdd } from './biasAdd.js';
import { channelSum } from './channelSum.js';
import { checkShape } from './checkShape.js';
import { customGradient, type Gradient } from './customGradient.js';
import { explicitPadding } from './explicitPadding.js';
import { ownBuffer } from './ownBuffer.js';
import { permuteTaps } from './permuteTaps.js';
import { pixelSum } from './pixelSum.js';
import { runKernel } from './runKernel.js';

/** Options of {@link conv2d}. */
export interface Conv2dOptions {
  /** Added to the result, of its shape, such as what goes around a block. Default none. */
  addend?: tf.Tensor4D;
}

/**
 * Convolution with stride 1 and zero padding that keeps height and width ("same"), differentiable on every backend.
 *
 * Equals `torch.nn.functional.conv2d(x, w, padding=(k - 1) / 2)` up to layout. The gradients are themselves forward
 * convolutions: with respect to `x` one of `dy` with the flipped filter, with respect to the filter one of the
 * transposed operands; the wasm backend has no filter gradient of its own and a scalar input gradient.
 *
 * @param x Tensor of shape [batch, height, width, inChannels].
 * @param filter Tensor of shape [k, k, inChannels, outChannels], k odd.
 * @param bias Tensor of shape [outChannels], what is added to each channel, or [batch, outChannels], for each sample
 * its own. Default none.
 * @returns Tensor of shape [batch, height, width, outChannels].
 * @throws If the filter is not square with an odd side, its input channels are not those of `x`, or `bias` or `addend`
 * has another shape.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { conv2d } from 'diffusion-ssl/ops';
 *
 * const y = conv2d(tf.ones([1, 8, 8, 4]), tf.ones([3, 3, 4, 2]));
 * console.log(y.shape); // [1, 8, 8, 2]
 * ```
 */
export function conv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias?: tf.Tensor1D | tf.Tensor2D,
  { addend }: Conv2dOptions = {},
): tf.Tensor4D {
  const [size, across, inChannels] = filter.shape;
  if (size !== across || size % 2 === 0) {
    throw argumentError('conv2d: the filter shape', filter.shape, 'square with an odd side');
  }
  if (x.shape[3] !== inChannels) {
    throw argumentError('conv2d: the input shape', x.shape, `[batch, height, width, ${inChannels}]`);
  }
  const gradients = (dy: tf.Tensor4D, x: tf.Tensor4D, filter: tf.Tensor4D): Gradient[] => [
    () =>
      runKernel<tf.Tensor4D>('DiffusionSslConv2DBackpropInput', { dy, filter }) ?? inputGradient(dy, filter),
    () =>
      runKernel<tf.Tensor4D>('DiffusionSslConv2DBackpropFilter', { x, dy }, { size }) ??
      filterGradient(x, dy, size),
  ];
  const [batch, height, width] = x.shape;
  const channels = filter.shape[3];
  if (bias) checkShape('conv2d', 'bias', bias, bias.rank === 1 ? [channels] : [batch, channels]);
  if (addend) checkShape('conv2d', 'addend', addend, [batch, height, width, channels]);
  if (!bias) {
    const convolve = () =>
      customGradient(
        [x, filter],
        (x, filter) => ({
          value:
            runKernel<tf.Tensor4D>('DiffusionSslConv2D', { x, filter }) ?? tf.conv2d(x, filter, 1, 'same'),
          saved: [x, filter],
        }),
        gradients,
      );
    return addend ? tf.tidy(() => tf.add(convolve(), addend)) : convolve();
  }
  if (!tf.getKernel('DiffusionSslConv2DBias', tf.getBackend())) {
    return tf.tidy(() => {
      const y = conv2d(x, filter);
      const shifted = bias.rank === 1 ? biasAdd(y, bias as tf.Tensor1D) : addToPixels(y, bias as tf.Tensor2D);
      return addend ? tf.add(shifted, addend) : shifted;
    });
  }
  return customGradient<tf.Tensor[], tf.Tensor4D, [tf.Tensor4D, tf.Tensor4D]>(
    [x, filter, bias, ...(addend ? [addend] : [])],
    (x, filter, bias, addend) => ({
      value: runKernel<tf.Tensor4D>('DiffusionSslConv2DBias', {
        x,
        filter,
        bias,
        ...(addend && { addend }),
      })!,
      saved: [x, filter] as [tf.Tensor4D, tf.Tensor4D],
    }),
    (dy, x, filter) => [
      ...gradients(dy, x, filter),
      () => (bias.rank === 1 ? channelSum(dy) : pixelSum(dy)),
      // A handle of its own: whoever disposes the gradient must not dispose `dy` with it.
      ...(addend ? [() => tf.clone(dy)] : []),
    ],
  );
}

function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D {
  const [size, , inChannels, outChannels] = filter.shape;
  const taps = size * size;
  const flipped =
    taps === 1
      ? tf.reshape(filter, [1, inChannels, outChannels])
      : permuteTaps(
          filter,
          Array.from({ length: taps }, (_, i) => taps - 1 - i),
        );
  const swapped = tf.reshape(tf.transpose(flipped, [0, 2, 1]), [size, size, outChannels, inChannels]);
  return tf.conv2d(dy, swapped as tf.Tensor4D, 1, 'same');
}

function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, size: number): tf.Tensor4D {
  const [batch, height, width, inChannels] = x.shape;
  const outChannels = dy.shape[3];
  if (size === 1) {
    const pixels = batch * height * width;
    const transposed = tf.transpose(tf.reshape(x, [pixels, inChannels]), [1, 0]);
    const product = tf.matMul(transposed, tf.reshape(ownBuffer(dy), [pixels, outChannels]));
    return tf.reshape(product, [1, 1, inChannels, outChannels]);
  }
  // Channels take the batch's place and the batch the channels': dy is then the filter that slides over x.
  const images = tf.transpose(x, [3, 1, 2, 0]);
  const kernel = tf.transpose(dy, [1, 2, 0, 3]);
  const pad = (size - 1) / 2;
  const correlation = tf.conv2d(images, kernel, 1, explicitPadding(pad));
  return tf.transpose(correlation, [1, 2, 0, 3]);
}

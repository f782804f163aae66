import * as tf from '@tensorflow/tfjs-core';
import { permuteTaps } from '../permuteTaps.js';

/** What the gradients of a convolution are made of. */
interface Convolution {
  x: tf.Tensor4D;
  filter: tf.Tensor4D;
  dy: tf.Tensor4D;
}

type Gradients = { x: () => tf.Tensor; filter: () => tf.Tensor };
type Pair = [number, number];
type Padding = [Pair, Pair, Pair, Pair];

/** Dilation, size of the filter, and padding of a convolution of stride 1: what tfjs calls explicit padding. */
function geometry({ x, filter }: Convolution, attributes: tf.NamedAttrMap, depthwise: boolean) {
  const options = [1, attributes.dilations as Pair, attributes.pad as 'same', undefined, depthwise] as const;
  const info = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, ...options);
  const { top, bottom, left, right } = info.padInfo;
  const spread: Pair = [info.dilationHeight, info.dilationWidth];
  const reach = [(info.filterHeight - 1) * spread[0], (info.filterWidth - 1) * spread[1]];
  const explicit = (rows: Pair, columns: Pair): Padding => [[0, 0], rows, columns, [0, 0]];
  return {
    spread,
    padding: explicit([top, bottom], [left, right]),
    // What the convolution of dy needs for its output to be as large as x.
    opposite: explicit([reach[0] - top, reach[0] - bottom], [reach[1] - left, reach[1] - right]),
  };
}

/** The filter's taps in reverse, [height · width, in, out]. */
function flipped(filter: tf.Tensor4D): tf.Tensor3D {
  const taps = filter.shape[0] * filter.shape[1];
  return permuteTaps(
    filter,
    Array.from({ length: taps }, (_, i) => taps - 1 - i),
  );
}

/**
 * Gradients of a dilated convolution, whose stride tfjs holds to 1, as convolutions: of `dy` with the flipped filter,
 * as dilated, and for the filter of the transposed operands with the dilation for its stride. See `ops/conv2d`.
 */
export function convolutionGradient(convolution: Convolution, attributes: tf.NamedAttrMap): Gradients {
  const { x, filter, dy } = convolution;
  const { spread, padding, opposite } = geometry(convolution, attributes, false);
  const [height, width, inChannels, outChannels] = filter.shape;
  return {
    x: () =>
      tf.tidy(() => {
        const swapped = tf.transpose(flipped(filter), [0, 2, 1]);
        const taps = tf.reshape(swapped, [height, width, outChannels, inChannels]) as tf.Tensor4D;
        return tf.conv2d(dy, taps, 1, opposite, 'NHWC', spread);
      }),
    filter: () =>
      tf.tidy(() => {
        const images = tf.transpose(x, [3, 1, 2, 0]);
        const kernel = tf.transpose(dy, [1, 2, 0, 3]);
        return tf.transpose(tf.conv2d(images, kernel, spread, padding), [1, 2, 0, 3]);
      }),
  };
}

/** Gradients of a dilated depthwise convolution, the filter's as one sum of products for each tap. */
export function depthwiseGradient(convolution: Convolution, attributes: tf.NamedAttrMap): Gradients {
  const { x, filter, dy } = convolution;
  const { spread, padding, opposite } = geometry(convolution, attributes, true);
  const [height, width, channels, multiplier] = filter.shape;
  const [batch, rows, columns] = dy.shape;
  const all = channels * multiplier;
  return {
    x: () =>
      tf.tidy(() => {
        // Each output channel with its own filter, then the sum over those of one input channel.
        const taps = tf.reshape(flipped(filter), [height, width, all, 1]) as tf.Tensor4D;
        const spreadOut = tf.depthwiseConv2d(dy, taps, 1, opposite, 'NHWC', spread);
        return tf.reshape(
          tf.sum(tf.reshape(spreadOut, [x.size / channels, channels, multiplier]), 2),
          x.shape,
        );
      }),
    filter: () =>
      tf.tidy(() => {
        const padded = tf.pad(x, padding);
        const gradient = tf.reshape(dy, [batch, rows, columns, channels, multiplier]);
        const taps = Array.from({ length: height * width }, (_, tap) => {
          const begin = [0, Math.floor(tap / width) * spread[0], (tap % width) * spread[1], 0];
          const seen = tf.slice(padded, begin, [batch, rows, columns, channels]);
          const products = tf.mul(tf.reshape(seen, [batch, rows, columns, channels, 1]), gradient);
          return tf.sum(tf.reshape(products, [batch * rows * columns, all]), 0);
        });
        return tf.reshape(tf.stack(taps), filter.shape);
      }),
  };
}

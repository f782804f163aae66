import type * as tf from '@tensorflow/tfjs-core';
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput, conv2dBias } from './conv2d.js';
import { attribute, type EagerOps, FLOAT, type Handle } from './EagerOps.js';
import { empty } from './empty.js';
import type { NodeKernel } from './NodeKernel.js';

/**
 * Tiles from which on it is tried, and values of a tap of the filter for each tile up to which the products that are
 * saved outweigh the transform of the filter.
 */
const MIN_TILES = 32;
const VALUES_PER_TILE = 2400;

/**
 * Whether a convolution is computed by Winograd's algorithm (`scripts/tfjsNode/winograd.cc`), by the shapes alone: it
 * wants 3×3 taps, channels in vectors, and images most of whose area whole tiles cover.
 */
function isWorth({ shape: [batch, height, width] }: tf.TensorInfo, filter: readonly number[]): boolean {
  const [size, , inChannels, outChannels] = filter;
  const ofImage = Math.ceil(height / 4) * Math.ceil(width / 4);
  const tiles = batch * ofImage;
  const fits = size === 3 && inChannels % 16 === 0 && outChannels % 16 === 0;
  const pays = tiles >= MIN_TILES && inChannels * outChannels <= VALUES_PER_TILE * tiles;
  return fits && pays && height * width > 8 * ofImage;
}

/** The convolution of x, or the gradient of its input (`backward`). */
function convolve(
  ops: EagerOps,
  [x, filter, bias, addend]: readonly (tf.TensorInfo | undefined)[],
  { backward = false, relu = false },
): Handle {
  const attributes = [attribute('backward', 'bool', backward), attribute('relu', 'bool', relu)];
  return ops.run('DiffusionSslConvolve', attributes, x!, filter!, bias ?? empty(ops), addend ?? empty(ops));
}

/** As `conv2d`. */
export const winogradConv2d: NodeKernel = {
  name: conv2d.name,
  compute(ops, inputs, attributes) {
    const { x, filter } = inputs;
    if (!isWorth(x, filter.shape)) return conv2d.compute(ops, inputs, attributes);
    return convolve(ops, [x, filter], {});
  },
};

/** As `conv2dBias`, which has neither a bias for each image nor an addend. */
export const winogradConv2dBias: NodeKernel = {
  name: conv2dBias.name,
  compute(ops, inputs, attributes) {
    const { x, filter, bias, addend } = inputs;
    if (isWorth(x, filter.shape)) {
      return convolve(ops, [x, filter, bias, addend], { relu: attributes.relu === 1 });
    }
    const y =
      bias.shape.length === 1
        ? conv2dBias.compute(ops, inputs, attributes)
        : ops.run('DiffusionSslAddToPixels', [], conv2d.compute(ops, inputs, {}) as Handle, bias);
    return addend ? ops.run('AddV2', FLOAT, y as Handle, addend) : y;
  },
};

/** As `conv2dBackpropInput`. */
export const winogradBackpropInput: NodeKernel = {
  name: conv2dBackpropInput.name,
  compute(ops, inputs, attributes) {
    const { dy, filter } = inputs;
    if (!isWorth(dy, filter.shape)) return conv2dBackpropInput.compute(ops, inputs, attributes);
    return convolve(ops, [dy, filter], { backward: true });
  },
};

/** As `conv2dBackpropFilter`. */
export const winogradBackpropFilter: NodeKernel = {
  name: conv2dBackpropFilter.name,
  compute(ops, inputs, attributes) {
    const { x, dy } = inputs;
    const { size = 1 } = attributes;
    if (!isWorth(x, [size, size, x.shape[3], dy.shape[3]])) {
      return conv2dBackpropFilter.compute(ops, inputs, attributes);
    }
    return ops.run('DiffusionSslFilterGradient', [], x, dy);
  },
};

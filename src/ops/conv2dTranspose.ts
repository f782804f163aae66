import * as tf from '@tensorflow/tfjs-core';
import { argumentError } from '../internal/checks.js';
import { customGradient } from './customGradient.js';
import { explicitPadding } from './explicitPadding.js';
import { interleavePhases } from './interleavePhases.js';
import { permuteTaps } from './permuteTaps.js';
import { runKernel } from './runKernel.js';

/**
 * Transposed convolution that doubles height and width, differentiable on every backend.
 *
 * Equals `torch.nn.ConvTranspose2d(kernel_size=2, stride=2)` for a 2×2 filter and
 * `torch.nn.ConvTranspose2d(kernel_size=4, stride=2, padding=1)` for a 4×4 one, up to layout. Each of the four output
 * phases is a plain stride-1 convolution; the backends' own transposed convolution is scalar code on wasm.
 *
 * @param x Tensor of shape [batch, height, width, inChannels].
 * @param filter Tensor of shape [k, k, outChannels, inChannels] with k 2 or 4.
 * @returns Tensor of shape [batch, 2·height, 2·width, outChannels].
 * @throws If the filter is neither 2×2 nor 4×4, or its input channels are not those of `x`.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { conv2dTranspose } from 'diffusion-ssl/ops';
 *
 * const y = conv2dTranspose(tf.ones([1, 8, 8, 4]), tf.ones([4, 4, 2, 4]));
 * console.log(y.shape); // [1, 16, 16, 2]
 * ```
 */
export function conv2dTranspose(x: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D {
  const [size, width, , inChannels] = filter.shape;
  if (size !== width || (size !== 2 && size !== 4)) {
    throw argumentError('conv2dTranspose: the filter shape', filter.shape, '2×2 or 4×4 in space');
  }
  if (x.shape[3] !== inChannels) {
    throw argumentError('conv2dTranspose: the input shape', x.shape, `[batch, height, width, ${inChannels}]`);
  }
  const pad = size / 2 - 1;
  return customGradient(
    [x, filter],
    (x, filter) => ({
      value: runKernel<tf.Tensor4D>('DiffusionSslConv2DTranspose', { x, filter }) ?? forward(x, filter),
      saved: [x, filter],
    }),
    // The adjoint of a transposed convolution is the plain one, and [k, k, out, in] is its filter's layout.
    (dy, x, filter) => [
      () =>
        runKernel<tf.Tensor4D>('DiffusionSslConv2DTransposeBackpropInput', { dy, filter }) ??
        tf.conv2d(dy, filter, 2, explicitPadding(pad)),
      () =>
        runKernel<tf.Tensor4D>('DiffusionSslConv2DTransposeBackpropFilter', { x, dy }, { size }) ??
        filterGradient(x, dy, pad),
    ],
  );
}

function forward(x: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D {
  const [size, , outChannels, inChannels] = filter.shape;
  const reach = size / 2;
  // Output row 2y + p reads input rows y - 1 + p and y + p (only y for a 2×2 filter), the later one with the
  // smaller tap: taps 3, 1 for p = 0 and 2, 0 for p = 1.
  const taps = (phase: number) => (size === 2 ? [phase] : [3 - phase, 1 - phase]);
  const order: number[] = [];
  for (let py = 0; py < 2; py++) {
    for (let px = 0; px < 2; px++) {
      for (const ky of taps(py)) for (const kx of taps(px)) order.push(ky * size + kx);
    }
  }
  const grouped = tf.transpose(permuteTaps(filter, order), [0, 2, 1]);
  const phases = [0, 1, 2, 3].map((phase) => {
    const part = tf.slice(grouped, [phase * reach * reach, 0, 0], [reach * reach, inChannels, outChannels]);
    const kernel = tf.reshape(part, [reach, reach, inChannels, outChannels]) as tf.Tensor4D;
    if (size === 2) return tf.conv2d(x, kernel, 1, 'valid');
    const [py, px] = [phase >> 1, phase & 1];
    return tf.conv2d(x, kernel, 1, [
      [0, 0],
      [1 - py, py],
      [1 - px, px],
      [0, 0],
    ]);
  });
  return interleavePhases(phases);
}

function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, pad: number): tf.Tensor4D {
  const images = tf.transpose(dy, [3, 1, 2, 0]);
  const kernel = tf.transpose(x, [1, 2, 0, 3]);
  const correlation = tf.conv2d(images, kernel, 1, explicitPadding(pad), 'NHWC', 2);
  return tf.transpose(correlation, [1, 2, 0, 3]);
}

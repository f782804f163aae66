import type * as tf from '@tensorflow/tfjs-core';
import {
  conv2dTransposeBackpropFilter,
  conv2dTransposeBackpropInput,
  transposedConvolution,
} from './conv2dTranspose.js';
import type { KernelModule } from './KernelModule.js';
import type { TrainingKernel } from './TrainingKernel.js';
import { SCRATCH_FLOATS } from './winogradSizes.js';

/** The filter [4, 4, out, in] of the transposed convolution that a filter [3, 3, in, out] is behind doubled pixels. */
function expand(kernels: KernelModule, filter: tf.TensorInfo): tf.TensorInfo {
  const [, , m, n] = filter.shape;
  const expanded = kernels.output([4, 4, n, m]);
  convertFilter(kernels, 'expandFilter', [filter, expanded], [m, n]);
  return expanded;
}

function convertFilter(
  kernels: KernelModule,
  name: 'expandFilter' | 'contractFilter',
  tensors: tf.TensorInfo[],
  [m, n]: number[],
): void {
  const scratch = [kernels.workspace(kernels.threads * SCRATCH_FLOATS), 4 * SCRATCH_FLOATS];
  const pointers = tensors.map((tensor) => kernels.pointer(tensor));
  kernels.run(name, m / 4, Math.ceil(2048 / n), ...pointers, m, n, ...scratch);
}

/** [x, filter 3×3, bias] → the convolution of x with each pixel repeated to 2 × 2. Channels are multiples of 4. */
export const upsampleConv2d: TrainingKernel = {
  name: 'DiffusionSslUpsampleConv2D',
  compute(kernels, { x, filter, bias }) {
    const expanded = expand(kernels, filter);
    const y = transposedConvolution(kernels, x, expanded, { bias: kernels.pointer(bias) });
    kernels.release(expanded);
    return y;
  },
};

/** [dy, filter] → the gradient of x. */
export const upsampleConv2dBackpropInput: TrainingKernel = {
  name: 'DiffusionSslUpsampleConv2DBackpropInput',
  compute(kernels, { dy, filter }) {
    const expanded = expand(kernels, filter);
    const dx = conv2dTransposeBackpropInput.compute(kernels, { dy, filter: expanded }, {});
    kernels.release(expanded);
    return dx;
  },
};

/** [x, dy] → the gradient of the filter. */
export const upsampleConv2dBackpropFilter: TrainingKernel = {
  name: 'DiffusionSslUpsampleConv2DBackpropFilter',
  compute(kernels, { x, dy }) {
    const expanded = conv2dTransposeBackpropFilter.compute(kernels, { x, dy }, { size: 4 }) as tf.TensorInfo;
    const [, , n, m] = expanded.shape;
    const filter = kernels.output([3, 3, m, n]);
    convertFilter(kernels, 'contractFilter', [expanded, filter], [m, n]);
    kernels.release(expanded);
    return filter;
  },
};

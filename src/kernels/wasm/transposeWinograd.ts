import type * as tf from '@tensorflow/tfjs-core';
import { convolveWinograd, type WinogradConvolution } from './convolveWinograd.js';
import type { Epilogue } from './Epilogue.js';
import { filterGradientWinograd } from './filterGradientWinograd.js';
import type { KernelModule } from './KernelModule.js';

/** Rows, taps or phases that are worth a thread's while to copy. */
const grain = (floats: number) => Math.ceil((1 << 15) / floats);

/**
 * Transposed convolution 4×4 with stride 2 as a plain 3×3 one to four times the channels, one block of them for each phase of
 * the output. Of the 36 taps 20 are zero; Winograd's algorithm still needs fewer products than the 16 others.
 */
export function transposeWinograd(
  kernels: KernelModule,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
): tf.TensorInfo {
  const phases = phaseFilter(kernels, filter);
  const y = convolvePhases(kernels, x, filter.shape[2], { filter: kernels.pointer(phases) });
  kernels.release(phases);
  return y;
}

/** {@link transposeWinograd} with a {@link phaseFilter}, which may be prepared, and an epilogue for all four phases. */
export function convolvePhases(
  kernels: KernelModule,
  x: tf.TensorInfo,
  channels: number,
  filter: Pick<WinogradConvolution, 'filter' | 'prepared'> & Epilogue,
): tf.TensorInfo {
  const [batch, height, width, depth] = x.shape;
  const columns = 4 * channels;
  const y = kernels.output([batch, 2 * height, 2 * width, channels]);
  const small = kernels.output([batch, height, width, columns]);
  convolveWinograd(kernels, {
    ...{ x: kernels.pointer(x), y: kernels.pointer(small), batch, height, width, depth, columns },
    ...{ rowStride: 1, columnStride: depth, flip: false, ...filter },
  });
  const row = grain(4 * width * channels);
  kernels.run(
    'spreadPhases',
    batch * height,
    row,
    kernels.pointer(small),
    kernels.pointer(y),
    width,
    channels,
  );
  kernels.release(small);
  return y;
}

/** The gradient of {@link transposeWinograd} with respect to its input. */
export function transposeWinogradInput(
  kernels: KernelModule,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
): tf.TensorInfo {
  const small = gatherPhases(kernels, dy);
  const [batch, height, width, depth] = small.shape;
  const columns = filter.shape[3];
  const dx = kernels.output([batch, height, width, columns]);
  const phases = phaseFilter(kernels, filter);
  convolveWinograd(kernels, {
    ...{ x: kernels.pointer(small), y: kernels.pointer(dx), batch, height, width, depth, columns },
    ...{ filter: kernels.pointer(phases), rowStride: columns, columnStride: 1, flip: true },
  });
  kernels.release(small, phases);
  return dx;
}

/** The gradient of {@link transposeWinograd} with respect to its filter. */
export function transposeWinogradFilter(
  kernels: KernelModule,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
): tf.TensorInfo {
  const small = gatherPhases(kernels, dy);
  const [batch, height, width, m] = small.shape;
  const n = x.shape[3];
  const [phases, dw] = [kernels.output([3, 3, m, n]), kernels.output([4, 4, m / 4, n])];
  filterGradientWinograd(kernels, {
    ...{ a: kernels.pointer(small), b: kernels.pointer(x), dw: kernels.pointer(phases) },
    ...{ batch, height, width, m, n },
  });
  const size = (m / 4) * n;
  kernels.run('unphaseGradient', 16, grain(size), kernels.pointer(phases), kernels.pointer(dw), size);
  kernels.release(small, phases);
  return dw;
}

function gatherPhases(kernels: KernelModule, large: tf.TensorInfo): tf.TensorInfo {
  const [batch, height, width, channels] = large.shape;
  const [rows, columns] = [height / 2, width / 2];
  const small = kernels.output([batch, rows, columns, 4 * channels]);
  const images = [kernels.pointer(large), kernels.pointer(small), columns, channels];
  kernels.run('gatherPhases', batch * rows, grain(2 * width * channels), ...images);
  return small;
}

/** The 4×4 filter as that of the plain convolution to all four phases, [3, 3, 4·out, in]. */
export function phaseFilter(kernels: KernelModule, filter: tf.TensorInfo): tf.TensorInfo {
  const [, , outChannels, inChannels] = filter.shape;
  const phases = kernels.output([3, 3, 4 * outChannels, inChannels]);
  const size = outChannels * inChannels;
  kernels.run('phaseFilter', 36, grain(size), kernels.pointer(filter), kernels.pointer(phases), size);
  return phases;
}

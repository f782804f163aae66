import type * as tf from '@tensorflow/tfjs-core';
import { channelChunks, grainOf } from './channelChunks.js';
import type { KernelModule } from './KernelModule.js';
import type { TrainingKernel } from './TrainingKernel.js';

/** Address of a tensor that may be missing, 0 then. */
const pointerOf = (kernels: KernelModule, tensor: tf.TensorInfo | undefined) =>
  tensor ? kernels.pointer(tensor) : 0;

/** [x, weight?, bias?] and epsilon → the normalised rows, mean and deviation of each. */
export const layerNorm: TrainingKernel = {
  name: 'DiffusionSslLayerNorm',
  compute(kernels, { x, weight, bias }, { epsilon = 1e-5 }) {
    const { rows, channels } = channelChunks(x.shape);
    const [y, mean, deviation] = [x.shape, [rows], [rows]].map((shape) => kernels.output(shape));
    const parameters = [pointerOf(kernels, weight), pointerOf(kernels, bias)];
    const results = [y, mean, deviation].map((tensor) => kernels.pointer(tensor));
    const grain = grainOf(2 * channels);
    kernels.run('layerNorm', rows, grain, kernels.pointer(x), ...parameters, ...results, channels, epsilon);
    return [y, mean, deviation];
  },
};

/** [x, dy, mean, deviation, weight?] → gradients of x, weight and bias. */
export const layerNormGradient: TrainingKernel = {
  name: 'DiffusionSslLayerNormGradient',
  compute(kernels, { x, dy, mean, deviation, weight }) {
    const { rows, channels, rowsPerChunk, chunks } = channelChunks(x.shape);
    const [xs, dys, ...statistics] = [x, dy, mean, deviation].map((tensor) => kernels.pointer(tensor));
    const dx = kernels.output(x.shape);
    const others = [pointerOf(kernels, weight), ...statistics, kernels.pointer(dx)];
    kernels.run('layerNormGradient', rows, grainOf(2 * channels), xs, dys, ...others, channels);
    if (!weight) return [dx];
    const partials = kernels.workspace(2 * chunks * channels);
    kernels.run(
      'layerNormPartials',
      chunks,
      8,
      xs,
      dys,
      ...statistics,
      partials,
      rows,
      channels,
      rowsPerChunk,
    );
    const parameters = [0, 4 * channels].map((offset) => {
      const gradient = kernels.output([channels]);
      kernels.run(
        'sumRows',
        channels,
        64,
        partials + offset,
        kernels.pointer(gradient),
        chunks,
        2 * channels,
      );
      return gradient;
    });
    return [dx, ...parameters];
  },
};

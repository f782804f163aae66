import { channelChunks, grainOf } from './channelChunks.js';
import type { TrainingKernel } from './TrainingKernel.js';
import { VECTOR_GRAIN } from './vectors.js';

/** [x] → mean and biased variance of each channel. */
export const batchNormStatistics: TrainingKernel = {
  name: 'DiffusionSslBatchNormStatistics',
  compute(kernels, { x }) {
    const { rows, channels, rowsPerChunk, chunks } = channelChunks(x.shape);
    const partials = kernels.workspace(2 * chunks * channels);
    kernels.run('batchNormPartials', chunks, 8, kernels.pointer(x), partials, rows, channels, rowsPerChunk);
    const [mean, variance] = [kernels.output([channels]), kernels.output([channels])];
    const results = [kernels.pointer(mean), kernels.pointer(variance)];
    kernels.run('batchNormCombine', channels, 64, partials, ...results, rows, channels, rowsPerChunk);
    return [mean, variance];
  },
};

/** [x, mean, variance, weight, bias], epsilon and relu → the normalised activation. */
export const batchNormApply: TrainingKernel = {
  name: 'DiffusionSslBatchNormApply',
  compute(kernels, { x, mean, variance, weight, bias }, { epsilon = 0, relu = 0 }) {
    const { rows, channels } = channelChunks(x.shape);
    const scale = kernels.workspace(2 * channels);
    const shift = scale + 4 * channels;
    const parameters = [mean, variance, weight, bias].map((tensor) => kernels.pointer(tensor));
    kernels.run('batchNormAffine', channels, channels, ...parameters, scale, shift, epsilon);
    const y = kernels.output(x.shape);
    const tensors = [kernels.pointer(x), kernels.pointer(y)];
    kernels.run('scaleShift', rows, grainOf(channels), ...tensors, scale, shift, channels, relu);
    return y;
  },
};

/**
 * [x, dy, mean, variance, weight, bias], epsilon, relu and fixed → gradients of x, weight and bias; with `fixed`, mean
 * and variance are given, so that none goes through them.
 */
export const batchNormGradient: TrainingKernel = {
  name: 'DiffusionSslBatchNormGradient',
  compute(kernels, { x, dy, mean, variance, weight, bias }, { epsilon = 0, relu = 0, fixed = 0 }) {
    const { rows, channels, rowsPerChunk, chunks } = channelChunks(x.shape);
    const scale = kernels.workspace((4 + 2 * chunks) * channels);
    const [shift, slope, offset, partials] = [1, 2, 3, 4].map((i) => scale + 4 * i * channels);
    const [means, variances, weights, biases] = [mean, variance, weight, bias].map((tensor) =>
      kernels.pointer(tensor),
    );
    kernels.run(
      'batchNormAffine',
      channels,
      channels,
      means,
      variances,
      weights,
      biases,
      scale,
      shift,
      epsilon,
    );
    const dx = kernels.output(x.shape);
    const [xs, dys, dxs] = [x, dy, dx].map((tensor) => kernels.pointer(tensor));
    const affine = [means, scale, shift, partials];
    const layout = [rows, channels, rowsPerChunk, relu];
    if (fixed) kernels.run('batchNormFixedGradient', chunks, 8, xs, dys, dxs, ...affine, ...layout);
    else kernels.run('batchNormGradientPartials', chunks, 8, xs, dys, ...affine, ...layout);
    const [dWeight, dBias] = [kernels.output([channels]), kernels.output([channels])];
    const results = [kernels.pointer(dWeight), kernels.pointer(dBias), slope, offset];
    const statistics = [partials, means, variances, weights];
    const sizes = [rows, channels, chunks, epsilon];
    kernels.run('batchNormGradientCombine', channels, 64, ...statistics, ...results, ...sizes);
    if (!fixed) {
      const factors = [scale, shift, slope, offset, channels, relu];
      kernels.run('batchNormGradientApply', rows, grainOf(channels), xs, dys, dxs, ...factors);
    }
    return [dx, dWeight, dBias];
  },
};

/**
 * [runningMean, runningVar, tracked, mean, variance], count and momentum → the new running mean, running variance
 * (unbiased, as torch's) and number of batches.
 */
export const runningStatistics: TrainingKernel = {
  name: 'DiffusionSslRunningStatistics',
  compute(kernels, { runningMean, runningVar, tracked, mean, variance }, { count = 2, momentum = 0 }) {
    const blend = (old: typeof mean, value: typeof mean, factor: number) => {
      const [channels] = old.shape;
      const result = kernels.output(old.shape);
      const pointers = [old, value, result].map((tensor) => kernels.pointer(tensor));
      kernels.run(
        'blend',
        Math.ceil(channels / 4),
        VECTOR_GRAIN,
        ...pointers,
        channels,
        1 - momentum,
        momentum * factor,
      );
      return result;
    };
    const batches = kernels.output([], 'int32');
    kernels.run('increment', 1, 1, kernels.pointer(tracked), kernels.pointer(batches));
    return [blend(runningMean, mean, 1), blend(runningVar, variance, count / (count - 1)), batches];
  },
};

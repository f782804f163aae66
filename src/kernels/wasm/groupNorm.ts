import type * as tf from '@tensorflow/tfjs-core';
import { grainOf, imageChunks } from './channelChunks.js';
import type { TrainingKernel } from './TrainingKernel.js';

/** [x, weight, bias], groups, epsilon and silu → the normalised activation, mean and deviation of each group. */
export const groupNorm: TrainingKernel = {
  name: 'DiffusionSslGroupNorm',
  compute(kernels, { x, weight, bias }, { groups = 1, epsilon = 1e-5, silu = 0 }) {
    const { batch, rows, channels, rowsPerChunk, chunks } = imageChunks(x.shape);
    const partials = kernels.workspace((3 + 2 * chunks) * batch * channels);
    const affine = [0, 1, 2].map((i) => partials + 4 * (2 * chunks + i) * batch * channels);
    const sizes = [rows, channels, rowsPerChunk, chunks];
    kernels.run('groupNormPartials', batch * chunks, 8, kernels.pointer(x), partials, ...sizes);
    const [mean, deviation] = [kernels.output([batch, groups]), kernels.output([batch, groups])];
    const statistics = [kernels.pointer(mean), kernels.pointer(deviation)];
    kernels.run('groupNormCombine', batch * groups, 64, partials, ...statistics, ...sizes, groups, epsilon);
    const parameters = [kernels.pointer(weight), kernels.pointer(bias)];
    const perSample = Number(weight.shape.length === 2);
    kernels.run(
      'groupNormAffine',
      batch,
      16,
      ...statistics,
      ...parameters,
      ...affine,
      channels,
      groups,
      perSample,
    );
    const y = kernels.output(x.shape);
    const tensors = [kernels.pointer(x), kernels.pointer(y)];
    const grain = grainOf(silu ? 8 * channels : channels);
    kernels.run(
      'groupNormApply',
      batch * rows,
      grain,
      ...tensors,
      ...affine.slice(0, 2),
      rows,
      channels,
      silu,
    );
    return [y, mean, deviation];
  },
};

/** [x, dy, mean, deviation, weight, bias], groups and silu → gradients of x, weight and bias. */
export const groupNormGradient: TrainingKernel = {
  name: 'DiffusionSslGroupNormGradient',
  compute(kernels, { x, dy, mean, deviation, weight, bias }, { groups = 1, silu = 0 }) {
    const { batch, rows, channels, rowsPerChunk, chunks } = imageChunks(x.shape);
    const size = batch * channels;
    const partials = kernels.workspace((7 + 2 * chunks) * size);
    const [scale, shift, centre, slope, offset, dWeights, dBiases] = [0, 1, 2, 3, 4, 5, 6].map(
      (i) => partials + 4 * (2 * chunks + i) * size,
    );
    const statistics = [kernels.pointer(mean), kernels.pointer(deviation)];
    const weights = kernels.pointer(weight);
    const perSample = Number(weight.shape.length === 2);
    const affine = [weights, kernels.pointer(bias), scale, shift, centre];
    kernels.run('groupNormAffine', batch, 16, ...statistics, ...affine, channels, groups, perSample);
    const dx = kernels.output(x.shape);
    const [xs, dys, dxs] = [x, dy, dx].map((tensor) => kernels.pointer(tensor));
    const sizes = [rows, channels, rowsPerChunk, chunks];
    const sources = [xs, dys, silu ? dxs : 0, scale, shift, centre];
    kernels.run('groupNormGradientPartials', batch * chunks, 8, ...sources, partials, ...sizes);
    const [dWeight, dBias] = [weight, bias].map((tensor): tf.TensorInfo => kernels.output(tensor.shape));
    const results = perSample ? [kernels.pointer(dWeight), kernels.pointer(dBias)] : [dWeights, dBiases];
    const shape = [rows, channels, chunks, groups, perSample];
    const targets = [...results, slope, offset];
    kernels.run(
      'groupNormGradientCombine',
      batch * groups,
      64,
      partials,
      ...statistics,
      weights,
      ...targets,
      ...shape,
    );
    if (!perSample) {
      kernels.run('sumRows', channels, channels, dWeights, kernels.pointer(dWeight), batch, channels);
      kernels.run('sumRows', channels, channels, dBiases, kernels.pointer(dBias), batch, channels);
    }
    const factors = [scale, slope, offset, rows, channels];
    kernels.run(
      'groupNormGradientApply',
      batch * rows,
      grainOf(channels),
      xs,
      silu ? dxs : dys,
      dxs,
      ...factors,
    );
    return [dx, dWeight, dBias];
  },
};

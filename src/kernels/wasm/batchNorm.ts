import type { TrainingKernel } from './TrainingKernel.js';

/** Floats of one chunk of rows: two readings of it stay in the first-level cache. */
const CHUNK_FLOATS = 4096;

/** [x] → mean and biased variance of each channel. */
export const batchNormStatistics: TrainingKernel = {
  name: 'DiffusionSslBatchNormStatistics',
  compute(kernels, { x }) {
    const channels = x.shape[3];
    const rows = x.shape[0] * x.shape[1] * x.shape[2];
    const rowsPerChunk = Math.max(16, Math.floor(CHUNK_FLOATS / channels));
    const chunks = Math.ceil(rows / rowsPerChunk);
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
    const channels = x.shape[3];
    const rows = x.shape[0] * x.shape[1] * x.shape[2];
    const scale = kernels.workspace(2 * channels);
    const shift = scale + 4 * channels;
    const parameters = [mean, variance, weight, bias].map((tensor) => kernels.pointer(tensor));
    kernels.run('batchNormAffine', channels, channels, ...parameters, scale, shift, epsilon);
    const y = kernels.output(x.shape);
    const grain = Math.ceil((8 * CHUNK_FLOATS) / channels);
    kernels.run(
      'scaleShift',
      rows,
      grain,
      kernels.pointer(x),
      kernels.pointer(y),
      scale,
      shift,
      channels,
      relu,
    );
    return y;
  },
};

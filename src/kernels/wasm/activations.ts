import { grainOf } from './channelChunks.js';
import type { TrainingKernel } from './TrainingKernel.js';
import { sizeOf, VECTOR_GRAIN } from './vectors.js';

/** Values worth giving to a thread, in items of four: an exponential costs as much as some eight other values. */
const GRAIN = VECTOR_GRAIN / 8;

/** [x] and kind (0: SiLU, 1: exact GELU, 2: its approximation by tanh) → the activation of x. */
export const activate: TrainingKernel = {
  name: 'DiffusionSslActivate',
  compute(kernels, { x }, { kind = 0 }) {
    const y = kernels.output(x.shape);
    const count = sizeOf(x);
    kernels.run('activate', Math.ceil(count / 4), GRAIN, kernels.pointer(x), kernels.pointer(y), count, kind);
    return y;
  },
};

/** [x, dy] and kind → the gradient of x. */
export const activateGradient: TrainingKernel = {
  name: 'DiffusionSslActivateGradient',
  compute(kernels, { x, dy }, { kind = 0 }) {
    const dx = kernels.output(x.shape);
    const count = sizeOf(x);
    const pointers = [x, dy, dx].map((tensor) => kernels.pointer(tensor));
    kernels.run('activateGradient', Math.ceil(count / 4), GRAIN, ...pointers, count, kind);
    return dx;
  },
};

/** [x] → the first half of its channels times exact GELU of the second. */
export const geglu: TrainingKernel = {
  name: 'DiffusionSslGeglu',
  compute(kernels, { x }) {
    const channels = x.shape[x.shape.length - 1] / 2;
    const y = kernels.output([...x.shape.slice(0, -1), channels]);
    const rows = sizeOf(x) / channels / 2;
    const pointers = [kernels.pointer(x), kernels.pointer(y)];
    kernels.run('geglu', rows, Math.ceil(grainOf(channels) / 8), ...pointers, channels);
    return y;
  },
};

/** [x, dy] → the gradient of x. */
export const gegluGradient: TrainingKernel = {
  name: 'DiffusionSslGegluGradient',
  compute(kernels, { x, dy }) {
    const channels = x.shape[x.shape.length - 1] / 2;
    const dx = kernels.output(x.shape);
    const pointers = [x, dy, dx].map((tensor) => kernels.pointer(tensor));
    kernels.run(
      'gegluGradient',
      sizeOf(dy) / channels,
      Math.ceil(grainOf(channels) / 8),
      ...pointers,
      channels,
    );
    return dx;
  },
};

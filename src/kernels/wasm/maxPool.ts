import type { TrainingKernel } from './TrainingKernel.js';

/** Rows of a pooled image worth giving to a thread. */
const grainOf = (width: number, channels: number) => Math.ceil(8192 / (width * channels));

/** [x] → the maximum of each 2×2 cell, and which of the four it was, as one byte. */
export const maxPool: TrainingKernel = {
  name: 'DiffusionSslMaxPool',
  compute(kernels, { x }) {
    const [batch, height, width, channels] = x.shape;
    const shape = [batch, height / 2, width / 2, channels];
    const [y, argmax] = [kernels.output(shape), kernels.output(shape, 'bool')];
    const pointers = [x, y, argmax].map((tensor) => kernels.pointer(tensor));
    kernels.run('maxPool', batch * shape[1], grainOf(shape[2], channels), ...pointers, shape[2], channels);
    return [y, argmax];
  },
};

/** [dy, argmax] → the gradient of x. */
export const maxPoolGradient: TrainingKernel = {
  name: 'DiffusionSslMaxPoolGradient',
  compute(kernels, { dy, argmax }) {
    const [batch, height, width, channels] = dy.shape;
    const dx = kernels.output([batch, 2 * height, 2 * width, channels]);
    const pointers = [dy, argmax, dx].map((tensor) => kernels.pointer(tensor));
    kernels.run('maxPoolGradient', batch * height, grainOf(width, channels), ...pointers, width, channels);
    return dx;
  },
};

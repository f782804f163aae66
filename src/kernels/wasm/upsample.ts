import type { TrainingKernel } from './TrainingKernel.js';

/** Rows of an image worth giving to a thread. */
const grainOf = (width: number, channels: number) => Math.ceil(8192 / (width * channels));

/** [x] → x interpolated to twice the height and width, corners aligned. */
export const upsampleBilinear: TrainingKernel = {
  name: 'DiffusionSslUpsampleBilinear',
  compute(kernels, { x }) {
    const [batch, height, width, channels] = x.shape;
    const y = kernels.output([batch, 2 * height, 2 * width, channels]);
    const layout = [kernels.pointer(x), kernels.pointer(y), height, width, channels];
    kernels.run('upsampleBilinear', batch * 2 * height, grainOf(2 * width, channels), ...layout);
    return y;
  },
};

/** [dy] → the gradient of x. */
export const upsampleBilinearGradient: TrainingKernel = {
  name: 'DiffusionSslUpsampleBilinearGradient',
  compute(kernels, { dy }) {
    const [batch, height, width, channels] = [dy.shape[0], dy.shape[1] / 2, dy.shape[2] / 2, dy.shape[3]];
    const dx = kernels.output([batch, height, width, channels]);
    const layout = [kernels.pointer(dy), kernels.pointer(dx), height, width, channels];
    kernels.run('upsampleBilinearGradient', batch * height, grainOf(4 * width, channels), ...layout);
    return dx;
  },
};

/** [x] → groups of four channels as 2×2 cells. */
export const pixelShuffle: TrainingKernel = {
  name: 'DiffusionSslPixelShuffle',
  compute(kernels, { x }) {
    const [batch, height, width, channels] = [...x.shape.slice(0, 3), x.shape[3] / 4];
    const y = kernels.output([batch, 2 * height, 2 * width, channels]);
    const layout = [kernels.pointer(x), kernels.pointer(y), width, channels];
    kernels.run('pixelShuffle', batch * height, grainOf(4 * width, channels), ...layout);
    return y;
  },
};

/** [y] → 2×2 cells as groups of four channels. */
export const pixelUnshuffle: TrainingKernel = {
  name: 'DiffusionSslPixelUnshuffle',
  compute(kernels, { y }) {
    const [batch, height, width, channels] = [y.shape[0], y.shape[1] / 2, y.shape[2] / 2, y.shape[3]];
    const x = kernels.output([batch, height, width, 4 * channels]);
    const layout = [kernels.pointer(y), kernels.pointer(x), width, channels];
    kernels.run('pixelUnshuffle', batch * height, grainOf(4 * width, channels), ...layout);
    return x;
  },
};

import type * as tf from '@tensorflow/tfjs-core';
import type { TrainingKernel } from './TrainingKernel.js';

/** Values worth giving to a thread, in items of four. */
export const VECTOR_GRAIN = 8192;

/** Values of one chunk of a sum, see `assembly/vectors.ts`. */
const CHUNK = 8192;

export const sizeOf = ({ shape }: tf.TensorInfo) => shape.reduce((product, side) => product * side, 1);

/** [a, b] and their factors → the sum of their products. */
export const blend: TrainingKernel = {
  name: 'DiffusionSslBlend',
  compute(kernels, { a, b }, { factorA = 1, factorB = 1 }) {
    const y = kernels.output(a.shape);
    const count = sizeOf(a);
    const pointers = [a, b, y].map((tensor) => kernels.pointer(tensor));
    kernels.run('blend', Math.ceil(count / 4), VECTOR_GRAIN, ...pointers, count, factorA, factorB);
    return y;
  },
};

/** Any tensors → their values in one vector. */
export const pack: TrainingKernel = {
  name: 'DiffusionSslPack',
  compute(kernels, inputs) {
    const tensors = Object.values(inputs);
    const y = kernels.output([tensors.reduce((sum, tensor) => sum + sizeOf(tensor), 0)]);
    let target = kernels.pointer(y);
    for (const tensor of tensors) {
      const count = sizeOf(tensor);
      kernels.run('copyVector', Math.ceil(count / 4), VECTOR_GRAIN, kernels.pointer(tensor), target, count);
      target += 4 * count;
    }
    return y;
  },
};

/** [values, …] → the vector `values` cut into tensors of the shapes of the others. */
export const unpack: TrainingKernel = {
  name: 'DiffusionSslUnpack',
  compute(kernels, { values, ...others }) {
    let source = kernels.pointer(values);
    return Object.values(others).map((tensor) => {
      const y = kernels.output(tensor.shape);
      const count = sizeOf(tensor);
      kernels.run('copyVector', Math.ceil(count / 4), VECTOR_GRAIN, source, kernels.pointer(y), count);
      source += 4 * count;
      return y;
    });
  },
};

/** Any tensors → the L2 norm of all their values. */
export const globalNorm: TrainingKernel = {
  name: 'DiffusionSslGlobalNorm',
  compute(kernels, inputs) {
    const tensors = Object.values(inputs);
    const chunks = tensors.map((tensor) => Math.ceil(sizeOf(tensor) / CHUNK));
    const total = chunks.reduce((sum, count) => sum + count, 0);
    const partials = kernels.workspace(2 * total);
    let target = partials;
    for (const [i, tensor] of tensors.entries()) {
      kernels.run('squaresPartials', chunks[i], 16, kernels.pointer(tensor), target, sizeOf(tensor));
      target += 8 * chunks[i];
    }
    const norm = kernels.output([]);
    kernels.run('normOfPartials', 1, 1, partials, kernels.pointer(norm), total);
    return norm;
  },
};

/** [norm, …] and maxNorm → the others, scaled down where their norm exceeds the limit, else the same data. */
export const clip: TrainingKernel = {
  name: 'DiffusionSslClip',
  compute(kernels, { norm, ...others }, { maxNorm = 1 }) {
    const factor = Math.min(1, maxNorm / (kernels.backend.typedArrayFromHeap(norm)[0] + 1e-6));
    return Object.values(others).map((tensor) => {
      if (factor === 1) {
        const { dataId, shape, dtype } = tensor;
        kernels.backend.incRef(dataId as object);
        return { dataId, shape, dtype };
      }
      const y = kernels.output(tensor.shape);
      const count = sizeOf(tensor);
      const pointers = [kernels.pointer(tensor), kernels.pointer(y)];
      kernels.run('scaleVector', Math.ceil(count / 4), VECTOR_GRAIN, ...pointers, count, factor);
      return y;
    });
  },
};

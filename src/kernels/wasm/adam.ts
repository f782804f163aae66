import type { TrainingKernel } from './TrainingKernel.js';
import { sizeOf, VECTOR_GRAIN } from './vectors.js';

/**
 * [parameters, gradients, first, second] → new parameters; see `optimizers/Adam`. The moments, which belong to the
 * optimizer alone, change in place: a third less to write, and no second copy of them.
 */
export const adam: TrainingKernel = {
  name: 'DiffusionSslAdam',
  compute(kernels, { parameters, gradients, first, second }, attributes) {
    const { beta1 = 0, beta2 = 0, rate = 0, root = 1, epsilon = 0, keep = 1, penalty = 0 } = attributes;
    const updated = kernels.output(parameters.shape);
    const count = sizeOf(parameters);
    const tensors = [parameters, gradients, first, second, updated];
    const pointers = tensors.map((tensor) => kernels.pointer(tensor));
    const moments = [beta1, 1 - beta1, beta2, 1 - beta2];
    const step = [rate, root, epsilon, keep, penalty];
    kernels.run('adam', Math.ceil(count / 4), VECTOR_GRAIN / 4, ...pointers, count, ...moments, ...step);
    return updated;
  },
};

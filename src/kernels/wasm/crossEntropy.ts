import type { TrainingKernel } from './TrainingKernel.js';
import { alignFloats } from './winogradSizes.js';

/** Values worth a thread's while: each costs an exponential. */
const GRAIN_VALUES = 4096;

/**
 * [logits, labels, factors of the classes], ignoring, ignored and smoothing → losses and weights of the shape of the
 * labels, and the gradients of the losses by the logits.
 */
export const crossEntropy: TrainingKernel = {
  name: 'DiffusionSslCrossEntropy',
  compute(kernels, { logits, labels, factors }, { ignoring = 0, ignored = 0, smoothing = 0 }) {
    const [classes] = factors.shape;
    const rows = labels.shape.reduce((product, side) => product * side, 1);
    const outputs = [
      kernels.output(labels.shape),
      kernels.output(labels.shape),
      kernels.output(logits.shape),
    ];
    const scratchFloats = alignFloats(4 * classes + 12);
    const scratch = kernels.workspace(kernels.threads * scratchFloats);
    kernels.run(
      'crossEntropy',
      Math.ceil(rows / 4),
      Math.ceil(GRAIN_VALUES / (4 * classes)),
      ...[logits, labels, factors, ...outputs].map((tensor) => kernels.pointer(tensor)),
      ...[rows, classes, ignoring, ignored, smoothing, scratch, 4 * scratchFloats],
    );
    return outputs;
  },
};

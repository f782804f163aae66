import { channelChunks, grainOf } from './channelChunks.js';
import type { TrainingKernel } from './TrainingKernel.js';
import { sizeOf, VECTOR_GRAIN } from './vectors.js';

/** [x, logits] → x times the gate of its pixel, and the gates. */
export const attentionGate: TrainingKernel = {
  name: 'DiffusionSslAttentionGate',
  compute(kernels, { x, logits }) {
    const { rows, channels } = channelChunks(x.shape);
    const [y, gate] = [kernels.output(x.shape), kernels.output(logits.shape)];
    kernels.run('gates', Math.ceil(rows / 4), 2048, kernels.pointer(logits), kernels.pointer(gate), rows);
    const pointers = [x, gate, y].map((tensor) => kernels.pointer(tensor));
    kernels.run('attentionGate', rows, grainOf(channels), ...pointers, channels);
    return [y, gate];
  },
};

/** [x, gate, dy] → gradients of x and of the logits. */
export const attentionGateGradient: TrainingKernel = {
  name: 'DiffusionSslAttentionGateGradient',
  compute(kernels, { x, gate, dy }) {
    const { rows, channels } = channelChunks(x.shape);
    const [dx, dLogits] = [kernels.output(x.shape), kernels.output(gate.shape)];
    const pointers = [x, gate, dy, dx, dLogits].map((tensor) => kernels.pointer(tensor));
    kernels.run('attentionGateGradient', rows, grainOf(channels), ...pointers, channels);
    return [dx, dLogits];
  },
};

/** [a, b] → max(0, a + b). */
export const addRelu: TrainingKernel = {
  name: 'DiffusionSslAddRelu',
  compute(kernels, { a, b }) {
    const y = kernels.output(a.shape);
    const pointers = [a, b, y].map((tensor) => kernels.pointer(tensor));
    const count = sizeOf(a);
    kernels.run('addRelu', Math.ceil(count / 4), VECTOR_GRAIN, ...pointers, count);
    return y;
  },
};

/** [dy, y] → dy where y is above zero. */
export const reluGradient: TrainingKernel = {
  name: 'DiffusionSslReluGradient',
  compute(kernels, { dy, y }) {
    const dx = kernels.output(dy.shape);
    const pointers = [dy, y, dx].map((tensor) => kernels.pointer(tensor));
    const count = sizeOf(dy);
    kernels.run('reluGradient', Math.ceil(count / 4), VECTOR_GRAIN, ...pointers, count);
    return dx;
  },
};

import { attribute, FLOAT, typeAttribute } from './EagerOps.js';
import type { NodeKernel } from './NodeKernel.js';

const LAST_AXIS = [...FLOAT, typeAttribute('Tidx', 'int32'), attribute('keep_dims', 'bool', true)];

/** [x, logits] → x times the gate of its pixel, and the gates. */
export const attentionGate: NodeKernel = {
  name: 'DiffusionSslAttentionGate',
  compute(ops, { x, logits }) {
    const gate = ops.run('Sigmoid', FLOAT, logits);
    return [ops.run('Mul', FLOAT, x, gate), gate];
  },
};

/** [x, gate, dy] → gradients of x and of the logits. */
export const attentionGateGradient: NodeKernel = {
  name: 'DiffusionSslAttentionGateGradient',
  compute(ops, { x, gate, dy }) {
    const dGate = ops.run('Sum', LAST_AXIS, ops.run('Mul', FLOAT, dy, x), ops.int32([3]));
    const slope = ops.run('Mul', FLOAT, gate, ops.run('Sub', FLOAT, ops.float(1), gate));
    return [ops.run('Mul', FLOAT, dy, gate), ops.run('Mul', FLOAT, dGate, slope)];
  },
};

/** [a, b] → max(0, a + b). */
export const addRelu: NodeKernel = {
  name: 'DiffusionSslAddRelu',
  compute: (ops, { a, b }) => ops.run('Relu', FLOAT, ops.run('AddV2', FLOAT, a, b)),
};

/** [dy, y] → dy where y is above zero. */
export const reluGradient: NodeKernel = {
  name: 'DiffusionSslReluGradient',
  compute: (ops, { dy, y }) => ops.run('ReluGrad', FLOAT, dy, y),
};

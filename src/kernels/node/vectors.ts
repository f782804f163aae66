import type * as tf from '@tensorflow/tfjs-core';
import { attribute, type EagerOps, FLOAT, type Handle, typeAttribute } from './EagerOps.js';
import type { NodeKernel } from './NodeKernel.js';

const RESHAPE = [...FLOAT, typeAttribute('Tshape', 'int32')];

/** The same data in another shape; vectors, of which a network has most, are left as they are. */
function reshape<T extends tf.TensorInfo | Handle>(
  ops: EagerOps,
  x: T,
  shape: readonly number[],
): T | Handle {
  if (x.shape.length === 1 && shape.length === 1) return x;
  return ops.run('Reshape', RESHAPE, x, ops.int32(shape));
}

/** Any tensors → their values in one vector. */
export const pack: NodeKernel = {
  name: 'DiffusionSslPack',
  compute(ops, inputs) {
    const flat = Object.values(inputs).map((tensor) => reshape(ops, tensor, [-1]));
    const attributes = [...FLOAT, typeAttribute('Tidx', 'int32'), attribute('N', 'int', flat.length)];
    return ops.run('ConcatV2', attributes, ...flat, ops.integer(0));
  },
};

/** [values, …] → the vector `values` cut into tensors of the shapes of the others. */
export const unpack: NodeKernel = {
  name: 'DiffusionSslUnpack',
  compute(ops, { values, ...others }) {
    const shapes = Object.values(others).map(({ shape }) => shape);
    const sizes = shapes.map((shape) => shape.reduce((size, side) => size * side, 1));
    const attributes = [
      ...FLOAT,
      typeAttribute('Tlen', 'int32'),
      attribute('num_split', 'int', sizes.length),
    ];
    const parts = ops.runAll('SplitV', attributes, [values, ops.int32(sizes), ops.integer(0)], sizes.length);
    return parts.map((part, i) => reshape(ops, part, shapes[i]));
  },
};

/** Any tensors → the L2 norm of all their values. */
export const globalNorm: NodeKernel = {
  name: 'DiffusionSslGlobalNorm',
  compute(ops, inputs) {
    const halves = Object.values(inputs).map((tensor) => ops.run('L2Loss', FLOAT, tensor));
    const sum = ops.run('AddN', [...FLOAT, attribute('N', 'int', halves.length)], ...halves);
    return ops.run('Sqrt', FLOAT, ops.run('Mul', FLOAT, sum, ops.float(2)));
  },
};

/** [norm, …] and maxNorm → the others, scaled down where their norm exceeds the limit, else the same data. */
export const clip: NodeKernel = {
  name: 'DiffusionSslClip',
  compute(ops, { norm, ...others }, { maxNorm = 1 }) {
    // Operations have ended when they return: this copies four bytes and waits for nothing.
    const [id] = ops.backend.getInputTensorIds([norm]);
    const factor = Math.min(1, maxNorm / (ops.backend.binding.tensorDataSync(id)[0] + 1e-6));
    const tensors = Object.values(others);
    if (factor === 1) return tensors;
    const scale = ops.changing('clip', factor);
    return tensors.map((tensor) => ops.run('Mul', FLOAT, tensor, scale));
  },
};

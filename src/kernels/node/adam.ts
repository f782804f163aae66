import type * as tf from '@tensorflow/tfjs-core';
import { attribute, type EagerOps, FLOAT, type Handle, typeAttribute } from './EagerOps.js';
import type { NodeKernel } from './NodeKernel.js';

const VARIABLE = [typeAttribute('dtype', 'float')];

/**
 * [parameters, gradients, first, second] → new parameters; see `optimizers/Adam`. The moments, which belong to the
 * optimizer alone, change in place.
 *
 * TensorFlow's Adam changes variables, in place where nobody else holds their data. So a vector is handed to a
 * variable, its own hold on the data let go, and taken back afterwards, which copies nothing.
 */
export const adam: NodeKernel = {
  name: 'DiffusionSslAdam',
  compute(ops, { parameters, gradients, first, second }, attributes) {
    const { beta1 = 0, beta2 = 0, rate = 0, root = 1, epsilon = 0, keep = 1, penalty = 0 } = attributes;
    const scaled = (tensor: tf.TensorInfo, name: string, factor: number) =>
      ops.run('Mul', FLOAT, tensor, ops.changing(`Adam ${name}`, factor));
    const gradient = penalty
      ? ops.run('AddV2', FLOAT, gradients, scaled(parameters, 'penalty', penalty))
      : gradients;
    const [updated, ...moments] = ['parameters', 'first', 'second'].map((name) =>
      makeVariable(ops, `Adam ${name}`),
    );
    const kept = scaled(parameters, 'keep', keep);
    ops.call('AssignVariableOp', VARIABLE, updated, kept);
    ops.drop(kept);
    lend(ops, first, moments[0]);
    try {
      lend(ops, second, moments[1]);
      try {
        // It divides by √second + epsilon, torch by √second / root + epsilon.
        const numbers = [0, 0, rate * root, beta1, beta2, epsilon * root];
        const scalars = numbers.map((number, i) => ops.changing(`Adam number ${i}`, number));
        ops.call('ResourceApplyAdam', FLOAT, updated, ...moments, ...scalars, gradient);
      } finally {
        takeBack(ops, second, moments[1]);
      }
    } finally {
      takeBack(ops, first, moments[0]);
    }
    return ops.run('ReadVariableOp', VARIABLE, updated);
  },
};

/** A variable of TensorFlow's that stays; it takes whatever shape it is assigned. */
function makeVariable(ops: EagerOps, name: string): Handle {
  const attributes = [...VARIABLE, attribute('shape', 'shape', []), attribute('shared_name', 'string', name)];
  return ops.constant(name, () => ops.run('VarHandleOp', attributes));
}

/** Gives the data of a tensor to a variable, which is then alone to hold it. */
function lend(ops: EagerOps, tensor: tf.TensorInfo, variable: Handle): void {
  const [id] = ops.backend.getInputTensorIds([tensor]);
  ops.call('AssignVariableOp', VARIABLE, variable, tensor);
  ops.backend.binding.deleteTensor(id);
}

/** Makes a variable's value a tensor's data, in place of what {@link lend} took. */
function takeBack(ops: EagerOps, tensor: tf.TensorInfo, variable: Handle): void {
  const value = ops.take(ops.run('ReadVariableOp', VARIABLE, variable));
  ops.backend.tensorMap.get(tensor.dataId as object).id = value.id;
}

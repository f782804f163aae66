import { attribute, FLOAT, ONE_DNN } from './EagerOps.js';
import type { NodeKernel } from './NodeKernel.js';

const HALVES = [
  ...FLOAT,
  attribute('ksize', 'int', [1, 2, 2, 1]),
  attribute('strides', 'int', [1, 2, 2, 1]),
  attribute('padding', 'string', 'VALID'),
  attribute('data_format', 'string', 'NHWC'),
];
const HALVES_BY_ONE_DNN = [...HALVES, attribute('workspace_enabled', 'bool', true), ONE_DNN];

/** [x, y, dy] → the gradient of x, of which y is the 2×2 maximum. */
export const maxPoolInputGradient: NodeKernel = {
  name: 'DiffusionSslMaxPoolInputGradient',
  compute: (ops, { x, y, dy }) => ops.run('MaxPoolGrad', HALVES, x, y, dy),
};

/**
 * The same by oneDNN, a tenth of the time: from where the maxima are, which the pooling tells that TensorFlow otherwise
 * takes in graphs alone, so that it is computed once more.
 */
export const maxPoolInputGradientByOneDnn: NodeKernel = {
  name: maxPoolInputGradient.name,
  compute(ops, { x, y, dy }) {
    const [, places] = ops.runAll('_MklNativeMaxPool', HALVES_BY_ONE_DNN, [x], 2);
    return ops.run('_MklNativeMaxPoolGrad', HALVES_BY_ONE_DNN, x, y, dy, places);
  },
};

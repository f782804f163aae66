import { attribute, FLOAT } from './EagerOps.js';
import type { NodeKernel } from './NodeKernel.js';

/** [x, y, dy] → the gradient of x, of which y is the 2×2 maximum. */
export const maxPoolInputGradient: NodeKernel = {
  name: 'DiffusionSslMaxPoolInputGradient',
  compute(ops, { x, y, dy }) {
    const attributes = [
      ...FLOAT,
      attribute('ksize', 'int', [1, 2, 2, 1]),
      attribute('strides', 'int', [1, 2, 2, 1]),
      attribute('padding', 'string', 'VALID'),
      attribute('data_format', 'string', 'NHWC'),
    ];
    return ops.run('MaxPoolGrad', attributes, x, y, dy);
  },
};

import { attribute, FLOAT, typeAttribute } from './EagerOps.js';
import type { NodeKernel } from './NodeKernel.js';

const CORNERS = [
  ...FLOAT,
  attribute('align_corners', 'bool', true),
  attribute('half_pixel_centers', 'bool', false),
];

/** [x] → x interpolated to twice the height and width, corners aligned. */
export const upsampleBilinear: NodeKernel = {
  name: 'DiffusionSslUpsampleBilinear',
  compute: (ops, { x }) => ops.run('ResizeBilinear', CORNERS, x, ops.int32([2 * x.shape[1], 2 * x.shape[2]])),
};

/** [dy] → the gradient of x. */
export const upsampleBilinearGradient: NodeKernel = {
  name: 'DiffusionSslUpsampleBilinearGradient',
  compute(ops, { dy }) {
    const [batch, height, width, channels] = dy.shape;
    // Only the shape of the original image is read.
    const shape = ops.int32([batch, height / 2, width / 2, channels]);
    const original = ops.run('Fill', [...FLOAT, typeAttribute('index_type', 'int32')], shape, ops.float(0));
    return ops.run('ResizeBilinearGrad', CORNERS, dy, original);
  },
};

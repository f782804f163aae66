import { attribute, FLOAT, typeAttribute } from './EagerOps.js';
import type { NodeKernel } from './NodeKernel.js';

const CHANNELS_LAST = [...FLOAT, attribute('data_format', 'string', 'NHWC')];

/** [a, b] → the channels of a, then those of b. */
export const concatChannels: NodeKernel = {
  name: 'DiffusionSslConcatChannels',
  compute: (ops, { a, b }) =>
    ops.run(
      'ConcatV2',
      [...FLOAT, typeAttribute('Tidx', 'int32'), attribute('N', 'int', 2)],
      a,
      b,
      ops.integer(3),
    ),
};

/** [y], channels → the first channels of y, and the rest. */
export const splitChannels: NodeKernel = {
  name: 'DiffusionSslSplitChannels',
  compute(ops, { y }, { channels = 0 }) {
    const attributes = [...FLOAT, typeAttribute('Tlen', 'int32'), attribute('num_split', 'int', 2)];
    const sizes = ops.int32([channels, y.shape[3] - channels]);
    return ops.runAll('SplitV', attributes, [y, sizes, ops.integer(3)], 2);
  },
};

/** [x, bias] → x with one value added to each channel. */
export const biasAdd: NodeKernel = {
  name: 'DiffusionSslBiasAdd',
  compute: (ops, { x, bias }) => ops.run('BiasAdd', CHANNELS_LAST, x, bias),
};

/** [x] → the sum of each channel. */
export const channelSum: NodeKernel = {
  name: 'DiffusionSslChannelSum',
  compute: (ops, { x }) => ops.run('BiasAddGrad', CHANNELS_LAST, x),
};

import { FLOAT, typeAttribute } from './EagerOps.js';
import type { NodeKernel } from './NodeKernel.js';

const PHILOX = 1;
const FULL_RANGE = [typeAttribute('dtype', 'uint32'), typeAttribute('Tshape', 'int32')];
const TO_UINT64 = [typeAttribute('T', 'int64'), typeAttribute('type', 'uint64')];
const TO_UINT32 = [typeAttribute('T', 'int32'), typeAttribute('type', 'uint32')];

/**
 * [x], rate and Philox key → x with dropped values, and the factor of each value: 0 or 1 / (1 - rate).
 *
 * TensorFlow's generator is the same Philox as `internal/philox`, its counter of 128 bits made of the same four words.
 */
export const dropout: NodeKernel = {
  name: 'DiffusionSslDropout',
  compute(ops, { x }, { rate = 0, key0 = 0, key1 = 0, step = 0, stream = 0 }) {
    const key = ops.run('Bitcast', TO_UINT64, ops.int64(key0, key1));
    const counter = ops.run('Bitcast', TO_UINT64, ops.int64(0, step, stream, 0));
    const algorithm = ops.integer(PHILOX);
    const words = ops.run(
      'StatelessRandomUniformFullIntV2',
      FULL_RANGE,
      ops.int32(x.shape),
      key,
      counter,
      algorithm,
    );
    // The composed operation compares the upper 24 bits with the rate.
    const threshold = (Math.ceil(Math.fround(rate) * 2 ** 24) << 8) >>> 0;
    const limit = ops.constant(`uint32 ${threshold}`, () =>
      ops.run('Bitcast', TO_UINT32, ops.integer(threshold)),
    );
    const kept = ops.run('GreaterEqual', [typeAttribute('T', 'uint32')], words, limit);
    const ones = ops.run('Cast', [typeAttribute('SrcT', 'bool'), typeAttribute('DstT', 'float')], kept);
    // As the composed operation rounds it: a division of float32 numbers.
    const mask = ops.run('Mul', FLOAT, ones, ops.float(Math.fround(1 / Math.fround(1 - rate))));
    return [ops.run('Mul', FLOAT, x, mask), mask];
  },
};

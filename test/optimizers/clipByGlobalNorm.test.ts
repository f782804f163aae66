import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomNormal } from '../../src/internal/philox.js';
import { clipByGlobalNorm } from '../../src/optimizers/clipByGlobalNorm.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';

beforeAll(startTestBackend);

const host = [7, 5000, 1].map((size, step) => randomNormal(size, { seed: 1, stream: 0, step }));
const gradients = (): tf.NamedTensorMap => ({
  a: tf.tensor(host[0]),
  b: tf.tensor(host[1], [50, 100]),
  c: tf.tensor(host[2], []),
});

describe('clipByGlobalNorm', () => {
  const norm = Math.sqrt(host.flatMap((values) => Array.from(values)).reduce((sum, v) => sum + v * v, 0));

  it.each([0.5, 1, 20, norm * 1.001, 1e6])(
    'maxNorm %d: scales by min(1, maxNorm / (norm + 1e-6))',
    async (maxNorm) => {
      const input = gradients();
      const result = await expectTensorsKept(4, () => clipByGlobalNorm(input, maxNorm));
      expectClose(await result.norm.data(), [norm], { abs: 0, rel: 1e-5 });
      const factor = Math.min(1, maxNorm / (norm + 1e-6));
      for (const [i, name] of ['a', 'b', 'c'].entries()) {
        expect(result.gradients[name].shape).toEqual(input[name].shape);
        const expected = host[i].map((value) => value * factor);
        expectClose(await result.gradients[name].data(), expected, { abs: 1e-9, rel: 2e-5 });
        expect(await input[name].data(), 'the gradient is unchanged').toEqual(host[i]);
      }
    },
  );

  it('leaves zeros at zero', async () => {
    const { gradients, norm } = clipByGlobalNorm({ a: tf.zeros([3]) }, 1);
    expect(Array.from(await gradients.a.data())).toEqual([0, 0, 0]);
    expect((await norm.data())[0]).toBe(0);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses maxNorm %d', async (maxNorm) => {
    const input = gradients();
    await expectTensorsKept(0, () =>
      expect(() => clipByGlobalNorm(input, maxNorm)).toThrow(/^clipByGlobalNorm: maxNorm is /),
    );
  });

  it('refuses no gradient', () => {
    expect(() => clipByGlobalNorm({}, 1)).toThrow(/^clipByGlobalNorm: there is no gradient/);
  });
});

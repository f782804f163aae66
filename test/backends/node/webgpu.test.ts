import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { initBackend } from '../../../src/backends/node/initBackend.js';

const start = () => initBackend({ device: 'webgpu', allowSoftware: true });
const gpu = () => (globalThis.navigator as { gpu?: unknown } | undefined)?.gpu;

describe.runIf(process.env.TEST_BACKEND === 'webgpu')('WebGPU in Node', () => {
  it('has the limits and features of its adapter, and can be ended and started again', async () => {
    for (let i = 0; i < 2; i++) {
      const { name, adapter, build, dispose } = await start();
      expect([name, tf.getBackend()]).toEqual(['webgpu', 'webgpu']);
      expect(build).toContain(adapter!.vendor);
      // The default of WebGPU is 128 MiB.
      expect(adapter!.maxTensorBytes).toBeGreaterThan(2 ** 27);
      expect(gpu()).toBeDefined();
      const y = tf.tidy(() => tf.square(tf.tensor1d([3])));
      expect([...(await y.data())]).toEqual([9]);
      await dispose();
      expect(gpu()).toBeUndefined();
    }
  });

  it('refuses a software adapter unless asked for', async () => {
    const { adapter, dispose } = await start();
    await dispose();
    const strict = initBackend({ device: 'webgpu' });
    if (adapter!.software) await expect(strict).rejects.toThrow(/^initBackend: the only WebGPU adapter is /);
    else await (await strict).dispose();
    expect(gpu()).toBeUndefined();
  });

  it('names the tensor that is over the largest buffer, and goes on', async () => {
    const { adapter, dispose } = await start();
    const side = Math.ceil(Math.sqrt(adapter!.maxTensorBytes / 4)) + 1;
    expect(() => tf.tidy(() => tf.square(tf.zeros([side, side])))).toThrow(
      RegExp(
        `^webgpu: a float32 tensor of shape \\[${side}, ${side}\\] \\(\\d+ bytes\\) is larger than the largest`,
      ),
    );
    const y = tf.tidy(() => tf.square(tf.tensor1d([3])));
    expect([...(await y.data())]).toEqual([9]);
    await dispose();
  });
});

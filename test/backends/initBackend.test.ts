import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { initBackend } from '../../src/backends/initBackend.js';
import { wasmFolder } from '../../src/backends/node/wasmFolder.js';

afterEach(() => vi.unstubAllGlobals());

describe('initBackend of the browser', () => {
  it('takes wasm where there is no WebGPU, says so, and ends it', async () => {
    vi.stubGlobal('navigator', {});
    const backend = await initBackend({ wasmPaths: wasmFolder() });
    expect(backend).toMatchObject({ name: 'wasm', threads: 1, memoryLimitBytes: 2 ** 32 });
    expect(backend.passedOver).toEqual([
      { name: 'webgpu', reason: expect.stringMatching(/no WebGPU here .* https or localhost/) },
    ]);
    expect(tf.getBackend()).toBe('wasm');
    const y = tf.tidy(() => tf.square(tf.tensor1d([3])));
    expect([...(await y.data())]).toEqual([9]);
    await backend.dispose();
    expect(tf.getBackend() ?? 'none').toBe('none');
  });

  it('says that there is no adapter, or only one on the processor', async () => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => null } });
    await expect(initBackend({ device: 'webgpu' })).rejects.toThrow(/^initBackend: WebGPU finds no adapter/);
    const info = { vendor: 'google', architecture: 'swiftshader', device: '', description: 'SwiftShader 5' };
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => ({ info }) } });
    await expect(initBackend({ device: 'webgpu' })).rejects.toThrow(
      /^initBackend: the only WebGPU adapter is SwiftShader 5, .* set allowSoftware/,
    );
    const { name, passedOver, dispose } = await initBackend({ wasmPaths: wasmFolder() });
    expect([name, passedOver[0].reason]).toEqual(['wasm', expect.stringContaining('SwiftShader 5')]);
    await dispose();
  });

  it('has no backend of Node', async () => {
    await expect(initBackend({ device: 'node' })).rejects.toThrow(
      /^initBackend: device is 'node'; it must be one of 'auto', 'webgpu', 'wasm', 'cpu'/,
    );
  });

  it('passes over a backend that computes something else', async () => {
    vi.stubGlobal('navigator', {});
    const data = vi.spyOn(tf.Tensor.prototype, 'data').mockResolvedValueOnce(Float32Array.of(0, 0, 0, 0));
    const { name, passedOver, dispose } = await initBackend({ wasmPaths: wasmFolder() });
    data.mockRestore();
    expect(name).toBe('cpu');
    expect(passedOver[1]).toEqual({
      name: 'wasm',
      reason: "backend 'wasm' computes 0, 0, 0, 0 for 64 · 0.5 · 2",
    });
    await dispose();
  });
});

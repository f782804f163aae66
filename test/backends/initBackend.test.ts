import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { initBackend } from '../../src/backends/initBackend.js';
import { wasmFolder } from '../../src/backends/node/wasmFolder.js';
import { BackendError } from '../../src/errors/BackendError.js';

/** A server that has the files of the wasm backend in its folder /wasm/. */
function serveWasm(answer?: () => Response | Promise<Response>) {
  const fetched = vi.fn(async (path: string) => {
    if (answer) return answer();
    const bytes = readFileSync(wasmFolder() + path.replace('/wasm/', ''));
    return new Response(bytes, { headers: { 'content-length': String(bytes.length) } });
  });
  vi.stubGlobal('fetch', fetched);
  return fetched;
}
const wasmPaths = '/wasm/';

beforeEach(() => {
  vi.stubGlobal('navigator', {});
  serveWasm();
});
afterEach(() => vi.unstubAllGlobals());

describe('initBackend of the browser', () => {
  it('takes wasm where there is no WebGPU, says so, and ends it', async () => {
    const backend = await initBackend({ wasmPaths });
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
    const { name, passedOver, dispose } = await initBackend({ wasmPaths });
    expect([name, passedOver[0].reason]).toEqual(['wasm', expect.stringContaining('SwiftShader 5')]);
    await dispose();
  });

  it('downloads one file, and tells how far it is', async () => {
    const fetched = serveWasm();
    const told: [number, number | undefined][] = [];
    const { dispose } = await initBackend({
      device: 'wasm',
      wasmPaths: { 'tfjs-backend-wasm-simd.wasm': '/wasm/tfjs-backend-wasm-simd.wasm' },
      onDownload: (...bytes) => told.push(bytes),
    });
    await dispose();
    expect(fetched).toHaveBeenCalledOnce();
    const { length } = readFileSync(`${wasmFolder()}tfjs-backend-wasm-simd.wasm`);
    expect(told[0]).toEqual([0, length]);
    expect(told.at(-1)).toEqual([length, length]);
  });

  it.each([
    [
      'the server has not',
      () => new Response('Not here', { status: 404, statusText: 'Not Found' }),
      /does not load: the server answers 404 Not Found\. Copy .* say where that is in wasmPaths\./,
    ],
    [
      'is a page',
      () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
      /is no WebAssembly file: the server answers 200 with 15 bytes \(text\/html\)/,
    ],
    ['is empty', () => new Response(''), /the server answers 200 with 0 bytes/],
    [
      'is out of reach',
      () => Promise.reject(new TypeError('Failed to fetch')),
      /file \/elsewhere\/tfjs-backend-wasm-simd\.wasm does not load \(Failed to fetch\)/,
    ],
  ])('says so of a file that %s, instead of computing in plain JavaScript', async (_, answer, message) => {
    serveWasm(answer);
    for (const device of ['auto', 'wasm'] as const) {
      const started = initBackend({ device, wasmPaths: '/elsewhere/' });
      await expect(started).rejects.toThrow(message);
      await expect(started).rejects.toBeInstanceOf(BackendError);
    }
    // Where the paths are mended it starts.
    serveWasm();
    const { name, dispose } = await initBackend({ wasmPaths });
    expect(name).toBe('wasm');
    await dispose();
  });

  it('has no backend of Node', async () => {
    await expect(initBackend({ device: 'node' })).rejects.toThrow(
      /^initBackend: device is 'node'; it must be one of 'auto', 'webgpu', 'wasm', 'cpu'/,
    );
  });

  it('passes over a backend that computes something else', async () => {
    const data = vi.spyOn(tf.Tensor.prototype, 'data').mockResolvedValueOnce(Float32Array.of(0, 0, 0, 0));
    const { name, passedOver, dispose } = await initBackend({ wasmPaths });
    data.mockRestore();
    expect(name).toBe('cpu');
    expect(passedOver[1]).toEqual({
      name: 'wasm',
      reason: "backend 'wasm' computes 0, 0, 0, 0 for 64 · 0.5 · 2",
    });
    await dispose();
  });
});

import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { beforeEach, describe, expect, it } from 'vitest';
import { guardWebGpu } from '../../src/backends/guardWebGpu.js';

/** As much of a device as the guard uses, whose errors the tests decide. */
class FakeDevice extends EventTarget {
  limits = { maxBufferSize: 2 ** 30, maxStorageBufferBindingSize: 2 ** 28 };
  lose: (info: { reason: string; message: string }) => void = () => undefined;
  lost = new Promise((resolve) => {
    this.lose = resolve;
  });
  scopes = 0;
  scopeError: object | null = null;

  pushErrorScope(): void {
    this.scopes++;
  }

  async popErrorScope(): Promise<object | null> {
    this.scopes--;
    return this.scopeError;
  }

  report(error: object): Event {
    const event = Object.assign(new Event('uncapturederror', { cancelable: true }), { error });
    this.dispatchEvent(event);
    return event;
  }
}

class FakeBackend {
  tensorMap = new Map<object, { shape: number[]; dtype: string; resource?: object }>();
  bufferManager = { numBytesAllocated: 12345 };

  constructor(readonly device: FakeDevice) {}

  uploadToGPU(dataId: object): void {
    this.tensorMap.get(dataId)!.resource = {};
  }

  async read(): Promise<Float32Array> {
    return Float32Array.of(1);
  }
}

class GPUOutOfMemoryError {
  message = '';
}

class GPUValidationError {
  message = 'Buffer is invalid.';
}

const Guarded = guardWebGpu(FakeBackend as unknown as Parameters<typeof guardWebGpu>[0]);
const settle = () => new Promise((resolve) => setTimeout(resolve));
let device: FakeDevice;
let backend: WebGPUBackend;

beforeEach(() => {
  device = new FakeDevice();
  backend = new Guarded(device as unknown as GPUDevice);
});

function allocate(shape: number[], dtype = 'float32'): object {
  const dataId = {};
  (backend as unknown as FakeBackend).tensorMap.set(dataId, { shape, dtype });
  backend.uploadToGPU(dataId);
  return dataId;
}

describe('guardWebGpu', () => {
  it('lets pass what works, with no error scope left open', async () => {
    const small = allocate([4, 4]);
    allocate([1024, 1024, 2]);
    expect(await backend.read(small)).toEqual(Float32Array.of(1));
    expect(device.scopes).toBe(0);
  });

  it('refuses a tensor over the largest buffer, naming it, and goes on', async () => {
    expect(() => allocate([8, 1024, 1024, 9])).toThrow(
      /^webgpu: a float32 tensor of shape \[8, 1024, 1024, 9\] \(301989888 bytes\) is larger .*268435456.* smaller batch/,
    );
    await backend.read(allocate([8, 1024, 1024, 8]));
  });

  it('throws once that memory ran out, naming the tensor, and goes on with smaller work', async () => {
    device.scopeError = new GPUOutOfMemoryError();
    const dataId = allocate([64, 512, 512], 'int32');
    await settle();
    const message =
      /^webgpu: no memory for a int32 tensor of shape \[64, 512, 512\] \(67108864 bytes\); 12345 bytes are/;
    await expect(backend.read(dataId)).rejects.toThrow(message);
    device.scopeError = null;
    await backend.read(allocate([2]));
  });

  it('throws at the next allocation too', async () => {
    device.scopeError = new GPUOutOfMemoryError();
    allocate([64, 512, 512]);
    await settle();
    expect(() => allocate([1])).toThrow(/^webgpu: no memory for a float32 tensor of shape \[64, 512, 512\]/);
  });

  it.each([
    [new GPUOutOfMemoryError(), /^webgpu: no memory for a float32 tensor of shape \[3\]/],
    [
      new GPUValidationError(),
      /^webgpu: Buffer is invalid\. The last tensor made was a float32 tensor of shape \[3\]/,
    ],
  ])('makes an error of what the device reports by an event', async (error, message) => {
    const dataId = allocate([3]);
    expect(device.report(error).defaultPrevented).toBe(true);
    await expect(backend.read(dataId)).rejects.toThrow(message);
  });

  it('says of a lost device what is to be done, every time', async () => {
    const dataId = allocate([5, 6]);
    device.lose({ reason: 'unknown', message: 'the driver was reset' });
    await settle();
    const message =
      /^webgpu: the device was lost \(the driver was reset\); the last tensor made was a float32 tensor of shape \[5, 6\].*last checkpoint/;
    await expect(backend.read(dataId)).rejects.toThrow(message);
    await expect(backend.read(dataId)).rejects.toThrow(message);
    expect(() => allocate([1])).toThrow(message);
  });

  it('takes no notice of a device that is destroyed on purpose', async () => {
    const dataId = allocate([5]);
    device.lose({ reason: 'destroyed', message: '' });
    await settle();
    await backend.read(dataId);
  });
});

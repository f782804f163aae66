import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../errors/BackendError.js';
import { describeTensor, SMALLER } from './describeTensor.js';

type BackendClass = new (device: GPUDevice, info?: GPUAdapterInfo) => WebGPUBackend;

/** Allocations of at least so many bytes are watched one by one: only these run out of memory by themselves. */
const WATCHED_BYTES = 2 ** 22;

/**
 * The WebGPU backend with errors where it would go on with zeros: a tensor over the device's largest buffer, memory
 * that runs out, a device that is lost.
 *
 * WebGPU reports the last two some time after the call. They are thrown by the next allocation or read, and name the
 * tensor that was the cause or the last one before.
 */
export function guardWebGpu(Base: BackendClass): BackendClass {
  return class extends Base {
    #lastTensor = 'none yet';
    #failure: Error | undefined;
    #lost = false;

    constructor(device: GPUDevice, info?: GPUAdapterInfo) {
      super(device, info);
      device.lost.then(({ reason, message }) => {
        if (reason === 'destroyed') return;
        this.#lost = true;
        this.#failure = new BackendError(
          `webgpu: the device was lost (${message || reason || 'no reason given'}); the last tensor made was ` +
            `${this.#lastTensor}. All tensors are gone: start the backend again, with smaller work if the driver ` +
            'stopped it for taking long, and go on from the last checkpoint.',
        );
      });
      device.addEventListener('uncapturederror', (event) => {
        event.preventDefault();
        const { error } = event as GPUUncapturedErrorEvent;
        this.#failure ??=
          error.constructor.name === 'GPUOutOfMemoryError'
            ? outOfMemory(this.#lastTensor, this.bufferManager.numBytesAllocated)
            : new BackendError(`webgpu: ${error.message} The last tensor made was ${this.#lastTensor}.`);
      });
    }

    override uploadToGPU(dataId: tf.DataId): void {
      const { resource, shape, dtype } = this.tensorMap.get(dataId);
      if (resource != null) return;
      this.#throwFailure();
      const { limits } = this.device;
      const bytes = 4 * tf.util.sizeFromShape(shape);
      const tensor = describeTensor(shape, dtype, bytes);
      const limit = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
      if (bytes > limit) {
        throw new BackendError(
          `webgpu: ${tensor} is larger than the largest buffer of this device (${limit} bytes). ${SMALLER}`,
        );
      }
      this.#lastTensor = tensor;
      if (bytes < WATCHED_BYTES) {
        super.uploadToGPU(dataId);
        return;
      }
      const allocated = this.bufferManager.numBytesAllocated;
      this.device.pushErrorScope('out-of-memory');
      try {
        super.uploadToGPU(dataId);
      } finally {
        this.device.popErrorScope().then(
          (error) => {
            if (error) this.#failure ??= outOfMemory(tensor, allocated);
          },
          // The device is lost, which is reported by itself.
          () => undefined,
        );
      }
    }

    override async read(dataId: object): Promise<tf.BackendValues> {
      this.#throwFailure();
      try {
        const values = await super.read(dataId);
        this.#throwFailure();
        return values;
      } catch (error) {
        // The loss that made the read fail is announced after it.
        await Promise.resolve();
        this.#throwFailure();
        throw error;
      }
    }

    /** A lost device stays lost; after an error of memory, smaller work may go on. */
    #throwFailure(): void {
      const failure = this.#failure;
      if (!failure) return;
      if (!this.#lost) this.#failure = undefined;
      throw failure;
    }
  };
}

function outOfMemory(tensor: string, allocatedBytes: number): Error {
  return new BackendError(
    `webgpu: no memory for ${tensor}; ${allocatedBytes} bytes are allocated already. Results since then are void: ` +
      `go on from the last checkpoint. ${SMALLER}`,
  );
}

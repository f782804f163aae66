import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, initBackend, type StartedBackend } from 'diffusion-ssl/backends/node';
import type { Device, NotStarted } from './runMeasurement.js';

/** Starts a backend in the process of a measurement, or says why it does not start. */
export async function startBackend(
  name: string,
  threads: number,
  allowSoftware: boolean,
): Promise<StartedBackend | NotStarted> {
  try {
    return await initBackend({ device: name as BackendName, threads, allowSoftware });
  } catch (error) {
    return { notStarted: (error as Error).message };
  }
}

/**
 * What a measurement says of where it ran, before the backend ends: the driver's name of the adapter, or where it
 * tells only a family, that, and the memory taken there, of which the WebGPU backend gives nothing back.
 */
export function deviceOf({ threads, adapter }: StartedBackend): Device {
  if (!adapter) return { threads };
  const { description, vendor, architecture, software } = adapter;
  const { numBytesAllocatedInGPU } = tf.memory() as tf.MemoryInfo & { numBytesAllocatedInGPU?: number };
  return {
    threads: null,
    adapter: description || `${vendor} ${architecture}`,
    software,
    gpuMemoryBytes: numBytesAllocatedInGPU,
  };
}

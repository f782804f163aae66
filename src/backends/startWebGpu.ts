import * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../errors/BackendError.js';
import { activateBackend } from './activateBackend.js';
import type { BackendStarter } from './chooseBackend.js';
import { guardWebGpu } from './guardWebGpu.js';
import { importWebGpuBackend } from './importPeers.js';

/** Features that kernels can use; others would only narrow the choice of adapters. */
const FEATURES: readonly string[] = ['shader-f16', 'subgroups', 'timestamp-query', 'bgra8unorm-storage'];

/** The fields that browsers give; older type definitions lack the last. */
type AdapterInfo = GPUAdapterInfo & { isFallbackAdapter?: boolean };

/** Options of {@link startWebGpu}. */
export interface StartWebGpuOptions {
  /** Where adapters come from: `navigator.gpu`. */
  gpu: GPU;
  /** Whether an adapter that computes on the processor will do. */
  allowSoftware: boolean;
}

/**
 * Starts TensorFlow.js' WebGPU backend on a device with all that the adapter has: the backend's own device leaves out
 * `shader-f16`, `subgroups` and some limits.
 */
export async function startWebGpu({ gpu, allowSoftware }: StartWebGpuOptions): ReturnType<BackendStarter> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter)
    throw new BackendError('WebGPU finds no adapter (no graphics processor, or no driver for it)');
  const { info } = adapter as GPUAdapter & { info: AdapterInfo };
  const software = isSoftware(info);
  if (software && !allowSoftware) {
    const name = info.description || info.architecture;
    throw new BackendError(
      `the only WebGPU adapter is ${name}, which computes on the processor, slower than the wasm backend; ` +
        'set allowSoftware to use it all the same',
    );
  }
  const device = await adapter.requestDevice({
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)) as GPUFeatureName[],
    requiredLimits: limitsOf(adapter),
  });
  const { WebGPUBackend } = await importWebGpuBackend();
  const Guarded = guardWebGpu(WebGPUBackend);
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => new Guarded(device, info), 3);
  const dispose = async () => {
    if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
    device.destroy();
  };
  try {
    await activateBackend('webgpu');
  } catch (error) {
    await dispose();
    throw error;
  }
  const { vendor, architecture, description } = info;
  return {
    name: 'webgpu',
    threads: 1,
    build: `webgpu ${vendor} ${architecture} ${tf.version_core}`,
    memoryLimitBytes: Number.POSITIVE_INFINITY,
    adapter: {
      vendor,
      architecture,
      description,
      software,
      features: [...device.features].filter((feature) => FEATURES.includes(feature)),
      maxTensorBytes: Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize),
    },
    dispose,
  };
}

function isSoftware(info: AdapterInfo): boolean {
  const names = `${info.architecture} ${info.device} ${info.description}`;
  return (
    info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render|software/i.test(names)
  );
}

/** Every limit at the adapter's value; the defaults stop at 128 MiB a tensor. */
function limitsOf({ limits }: GPUAdapter): Record<string, number> {
  const values: Record<string, number> = {};
  for (const name in limits) {
    const value = limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') values[name] = value;
  }
  return values;
}

import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threads from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';
import { registerTrainingKernels } from 'diffusion-ssl/kernels/wasm';
import type { BackendInfo, Device } from '../shared/types.js';

/** A part of WebGPU that the types at hand do not know. */
interface AdapterInfo {
  vendor?: string;
  architecture?: string;
  description?: string;
  isFallbackAdapter?: boolean;
}

/** Starts the backend asked for; without WebGPU, wasm. `'auto'` takes WebGPU only where it is a graphics card. */
export async function startBackend(device: Device): Promise<BackendInfo> {
  const remarks: string[] = [];
  if (device !== 'wasm') {
    try {
      return await startWebGpu(device === 'auto', remarks);
    } catch (error) {
      remarks.push(`${(error as Error).message} Going on with wasm.`);
    }
  }
  return startWasm(remarks);
}

async function startWebGpu(hardwareOnly: boolean, remarks: string[]): Promise<BackendInfo> {
  if (!navigator.gpu) throw new Error('This browser has no WebGPU.');
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('This browser has WebGPU, but finds no graphics adapter.');
  const { vendor, architecture, description, isFallbackAdapter } =
    (adapter as { info?: AdapterInfo }).info ?? {};
  const name = description || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter';
  const software = isFallbackAdapter || /swiftshader|llvmpipe|lavapipe/i.test(`${name} ${architecture}`);
  if (software && hardwareOnly) throw new Error(`WebGPU runs in software here (${name}), slower than wasm.`);
  if (software) remarks.push(`WebGPU runs in software here (${name}): expect it to be slow.`);
  await import('@tensorflow/tfjs-backend-webgpu');
  if (!(await tf.setBackend('webgpu'))) throw new Error(`WebGPU does not start on ${name}.`);
  await tf.ready();
  return { name: 'webgpu', detail: name, remarks };
}

async function startWasm(remarks: string[]): Promise<BackendInfo> {
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plain,
    'tfjs-backend-wasm-simd.wasm': simd,
    'tfjs-backend-wasm-threaded-simd.wasm': threads,
  });
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await tf.setBackend('wasm'))) throw new Error('WebAssembly does not start in this browser.');
  await tf.ready();
  const details = ['1 thread'];
  try {
    details.push((await registerTrainingKernels()).build);
  } catch (error) {
    remarks.push(`Without faster kernels: ${(error as Error).message}`);
  }
  return { name: 'wasm', detail: details.join(', '), remarks };
}

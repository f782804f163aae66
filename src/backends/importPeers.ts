import { BackendError } from '../errors/BackendError.js';

// Each import() stands within the `try` itself: bundlers then take a package that is not installed for no error.

/** Imports the wasm backend, which registers itself. */
export async function importWasmBackend() {
  try {
    return await import('@tensorflow/tfjs-backend-wasm');
  } catch (error) {
    throw missingPeer('@tensorflow/tfjs-backend-wasm', error);
  }
}

/** Imports the WebGPU backend, which registers itself. */
export async function importWebGpuBackend() {
  try {
    return await import('@tensorflow/tfjs-backend-webgpu');
  } catch (error) {
    throw missingPeer('@tensorflow/tfjs-backend-webgpu', error);
  }
}

/** Imports the backend in plain JavaScript, which registers itself. */
export async function importCpuBackend() {
  try {
    return await import('@tensorflow/tfjs-backend-cpu');
  } catch (error) {
    throw missingPeer('@tensorflow/tfjs-backend-cpu', error);
  }
}

function missingPeer(name: string, cause: unknown): BackendError {
  const [reason] = (cause as Error).message.split('\n');
  return new BackendError(`${name} does not load: ${reason} (npm install ${name}@4.22.0)`, { cause });
}

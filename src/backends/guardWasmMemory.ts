import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../errors/BackendError.js';
import { describeTensor, SMALLER } from './describeTensor.js';

/** The part of the Emscripten module that its type leaves out. */
interface EmscriptenMemory {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(offset: number): void;
}

const guarded = new WeakSet<BackendWasm>();

/**
 * Makes the wasm backend throw where its memory is full: by itself it goes on at address zero, over its own data.
 */
export function guardWasmMemory(backend: BackendWasm): void {
  if (guarded.has(backend)) return;
  guarded.add(backend);
  const wasm = backend.wasm as unknown as EmscriptenMemory;
  // The first call puts the module's own function into this place.
  wasm._free(wasm._malloc(4));
  const malloc = wasm._malloc;
  const move = backend.move.bind(backend);
  let tensor: string | undefined;
  wasm._malloc = (bytes: number) => {
    let offset = 0;
    let cause: unknown;
    try {
      offset = malloc(bytes);
    } catch (error) {
      cause = error;
    }
    if (offset === 0 && bytes > 0) {
      throw new BackendError(
        `wasm: no memory for ${tensor ?? `${bytes} bytes`}; the backend holds ${wasm.HEAPU8.length} bytes of at most ` +
          `4294967296. ${SMALLER}`,
        { cause },
      );
    }
    return offset;
  };
  backend.move = (...moved) => {
    const [, , shape, dtype] = moved;
    tensor = dtype === 'string' ? undefined : describeTensor(shape, dtype, sizeInBytes(shape, dtype));
    try {
      move(...moved);
    } finally {
      tensor = undefined;
    }
  };
}

function sizeInBytes(shape: number[], dtype: tf.DataType): number {
  return tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype);
}

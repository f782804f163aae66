import { createRequire } from 'node:module';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';

/** TEMP */
export async function startBackend(name: string): Promise<number> {
  if (name !== 'wasm') throw new Error(`backend ${name} not installed`);
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const wasm = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${path.dirname(wasm)}/`);
  await tf.setBackend(name);
  return 1;
}

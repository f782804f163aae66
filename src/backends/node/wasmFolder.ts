import { createRequire } from 'node:module';
import path from 'node:path';

/** The folder with the files of the wasm backend, with a separator at its end. */
export function wasmFolder(): string {
  const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  return `${path.dirname(main)}${path.sep}`;
}

// Runs the snippet modules that lie beside this file, one after the other, with the wasm backend started.
// Writes one line of JSON a failure; what the snippets print is swallowed. Started by checkSnippets.ts.
import '@tensorflow/tfjs-layers';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

const secondsForOne = 60;
const wasm = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
setWasmPaths(`${path.dirname(wasm)}/`);

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;
for (const method of ['log', 'info', 'warn', 'error', 'table']) console[method] = () => {};

let current = '';
function report(error) {
  write(`${JSON.stringify({ file: current, message: String(error?.stack ?? error) })}\n`);
}
// The wasm backend's own listeners, set when it starts, would end the process.
await tf.setBackend('wasm');
process.removeAllListeners('uncaughtException').on('uncaughtException', report);
process.removeAllListeners('unhandledRejection').on('unhandledRejection', report);

for (const name of readdirSync(import.meta.dirname).filter((file) => /^snippet\d+\.mjs$/.test(file))) {
  current = name;
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took more than ${secondsForOne} s`)), secondsForOne * 1000);
  });
  try {
    await tf.setBackend('wasm');
    await Promise.race([import(`./${name}`), late]);
  } catch (error) {
    report(error);
  } finally {
    clearTimeout(timer);
    // Those of a snippet that ended its backend would be met by the next one.
    tf.disposeVariables();
  }
}
write('"done"\n', () => process.exit(0));

// Runs the snippet modules named on the command line, one after the other, with the wasm backend started.
// Writes one line of JSON a failure; what the snippets print is swallowed. Started by checkSnippets.ts.
import '@tensorflow/tfjs-layers';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

const secondsForOne = 60;
const wasm = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
setWasmPaths(`${path.dirname(wasm)}/`);

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;
for (const method of ['log', 'info', 'warn', 'error', 'table']) console[method] = () => {};

for (const file of process.argv.slice(2)) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took more than ${secondsForOne} s`)), secondsForOne * 1000);
  });
  try {
    await tf.setBackend('wasm');
    await Promise.race([import(pathToFileURL(file).href), late]);
  } catch (error) {
    write(`${JSON.stringify({ file, message: String(error?.stack ?? error) })}\n`);
  } finally {
    clearTimeout(timer);
  }
}
write('"done"\n', () => process.exit(0));

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../../errors/BackendError.js';

/** The parts of the Emscripten module that the backend class needs bound. */
interface EmscriptenModule {
  cwrap(name: string, returns: 'number' | null, args: 'number'[]): (...args: number[]) => number;
  tfjs: Record<string, (...args: number[]) => number>;
  PThread: { unusedWorkers: Worker[]; runningWorkers: Worker[] };
}

type EmscriptenFactory = (config: {
  locateFile(file: string): string;
  mainScriptUrlOrBlob: string;
}) => Promise<EmscriptenModule>;

/**
 * Registers and starts the wasm backend with several threads in Node, which tfjs-backend-wasm itself only does in
 * browsers: the build inside the package works, its thread support only has to be told where its files are.
 *
 * @param threads Wanted number of threads, at least 2.
 * @returns The number of threads started.
 * @throws If the threaded build does not start here.
 */
export async function startThreadedWasm(threads: number): Promise<number> {
  // Bun cannot parse the threaded script; Deno's workers refuse what it assigns, with errors that end the process.
  const other = process.versions.bun ? 'Bun' : process.versions.deno && 'Deno';
  if (other) throw new BackendError(`several need Node; this is ${other}`);
  // Workers inherit the flag, which Node refuses together with a file: the process would end with an uncaught error.
  if (process.execArgv.some((argument) => argument.startsWith('--input-type'))) {
    throw new BackendError('node --input-type lets no worker start; put the program into a file');
  }
  const require = createRequire(import.meta.url);
  const packageFolder = path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  const script = path.join(packageFolder, 'wasm-out/tfjs-backend-wasm-threaded-simd.js');
  const { BackendWasm, setThreadsCount } = require('@tensorflow/tfjs-backend-wasm') as {
    BackendWasm: new (module: EmscriptenModule) => tf.KernelBackend;
    setThreadsCount(threads: number): void;
  };
  const factory = require(script) as EmscriptenFactory;
  const temporary = mkdtempSync(path.join(os.tmpdir(), 'tfjs-wasm-threads-'));
  const worker = path.join(temporary, 'worker.cjs');
  const { wasmWorkerContents } = require(`${script.slice(0, -'.js'.length)}.worker.js`) as {
    wasmWorkerContents: string;
  };
  writeFileSync(worker, wasmWorkerContents.replaceAll('\n', '\\n'));
  try {
    return await withProcessorCount(2 * threads, async () => {
      const module = await factory({
        locateFile: (file) => (file.endsWith('.worker.js') ? worker : path.join(packageFolder, 'dist', file)),
        mainScriptUrlOrBlob: script,
      });
      module.tfjs = {
        init: module.cwrap('init', null, []),
        initWithThreadsCount: module.cwrap('init_with_threads_count', null, ['number']),
        getThreadsCount: module.cwrap('get_threads_count', 'number', []),
        registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
        disposeData: module.cwrap('dispose_data', null, ['number']),
        dispose: module.cwrap('dispose', null, []),
      };
      setThreadsCount(threads);
      tf.removeBackend('wasm');
      tf.registerBackend('wasm', () => new BackendWasm(module));
      await tf.setBackend('wasm');
      await tf.ready();
      for (const worker of [...module.PThread.unusedWorkers, ...module.PThread.runningWorkers])
        worker.unref();
      return module.tfjs.getThreadsCount();
    });
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** tfjs takes half the processors that `os.cpus()` lists at most: lists more while `body` runs. */
async function withProcessorCount<T>(count: number, body: () => Promise<T>): Promise<T> {
  const { cpus } = os;
  const listed = cpus();
  os.cpus = () => Array.from({ length: count }, (_, i) => listed[i % listed.length]);
  try {
    return await body();
  } finally {
    os.cpus = cpus;
  }
}

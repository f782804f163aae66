import * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../errors/BackendError.js';
import { activateBackend } from './activateBackend.js';
import { type DownloadProgress, fetchWasm } from './fetchWasm.js';
import { importWasmBackend } from './importPeers.js';

/** Where the files of the wasm backend are: a folder's address, or an address for each file name. */
export type WasmPaths = string | Record<string, string>;

const START_MS = 10_000;

const PLAIN = 'tfjs-backend-wasm.wasm';
const SIMD = 'tfjs-backend-wasm-simd.wasm';
const THREADED = 'tfjs-backend-wasm-threaded-simd.wasm';

/**
 * Makes wasm the current backend of a page, with its file downloaded here: TensorFlow.js alone says of one that is
 * missing only that something is.
 *
 * @throws {WasmFileError} If the file is not there.
 * @throws {BackendError} If the backend does not start with it.
 */
export async function activateFetchedWasm(
  wasmPaths: WasmPaths = '',
  onDownload?: DownloadProgress,
): Promise<void> {
  const { setWasmPaths } = await importWasmBackend();
  const pathOf = (file: string) =>
    typeof wasmPaths === 'string' ? wasmPaths + file : (wasmPaths[file] ?? file);
  const path = pathOf(await neededFile());
  const bytes = await fetchWasm(path, onDownload);
  setWasmPaths(Object.fromEntries([PLAIN, SIMD, THREADED].map((file) => [file, pathOf(file)])), true);
  const { platform } = tf.env();
  const { fetch } = platform;
  platform.fetch = async (asked, init) =>
    asked === path
      ? new Response(new Blob([bytes as Uint8Array<ArrayBuffer>]))
      : fetch.call(platform, asked, init);
  const late = new BackendError(
    `the wasm backend does not start within ${START_MS / 1000} s of its download; several threads do not, ` +
      `and say nothing, ` +
      'where a bundler has minified tfjs-backend-wasm (docs/browser.md)',
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, START_MS, late);
  });
  try {
    await Promise.race([activateBackend('wasm'), deadline]);
  } finally {
    clearTimeout(timer);
    platform.fetch = fetch;
  }
}

/** The file that TensorFlow.js takes, by what the browser can and its flags allow. */
async function neededFile(): Promise<string> {
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) return PLAIN;
  return (await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT')) ? THREADED : SIMD;
}

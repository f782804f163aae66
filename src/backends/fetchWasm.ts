import { WasmFileError } from './WasmFileError.js';

/** What every WebAssembly file begins with. */
const MAGIC = [0x00, 0x61, 0x73, 0x6d];

/** Told while a file is downloaded: bytes so far, and of the whole where the server says. */
export type DownloadProgress = (loadedBytes: number, totalBytes: number | undefined) => void;

/**
 * Downloads a WebAssembly file.
 *
 * @throws {WasmFileError} If there is none: the message says what came instead, and from where.
 */
export async function fetchWasm(path: string, onDownload: DownloadProgress = () => {}): Promise<Uint8Array> {
  let response: Response;
  let bytes: Uint8Array;
  try {
    response = await fetch(path, { credentials: 'same-origin' });
    bytes = response.ok ? await readBody(response, onDownload) : new Uint8Array();
  } catch (error) {
    throw wasmFileError(`${path} does not load (${(error as Error).message})`);
  }
  const { ok, status, statusText } = response;
  const url = response.url || path;
  if (!ok)
    throw wasmFileError(`${url} does not load: the server answers ${`${status} ${statusText}`.trim()}`);
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) {
    const type = response.headers.get('content-type') ?? 'of no content type';
    throw wasmFileError(
      `${url} is no WebAssembly file: the server answers ${status} with ${bytes.length} bytes (${type})`,
    );
  }
  return bytes;
}

async function readBody(response: Response, onDownload: DownloadProgress): Promise<Uint8Array> {
  const { body, headers } = response;
  if (!body) return new Uint8Array(await response.arrayBuffer());
  // The length of what is compressed on the way says nothing of what comes out.
  const length = headers.has('content-encoding')
    ? Number.NaN
    : Number(headers.get('content-length') ?? Number.NaN);
  const total = Number.isFinite(length) ? length : undefined;
  const parts: BlobPart[] = [];
  let loaded = 0;
  onDownload(0, total);
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    parts.push(value);
    loaded += value.length;
    onDownload(loaded, total);
  }
}

function wasmFileError(problem: string): WasmFileError {
  return new WasmFileError(
    `the wasm backend's file ${problem}. Copy the .wasm files of node_modules/@tensorflow/tfjs-backend-wasm/dist to ` +
      'where the page is served from, and say where that is in wasmPaths.',
  );
}

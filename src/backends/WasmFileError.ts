import { BackendError } from '../errors/BackendError.js';

/**
 * A file of the wasm backend is not where a page looks for it: a fault of how the page is served, which no other
 * backend should hide.
 */
export class WasmFileError extends BackendError {}

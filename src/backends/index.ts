export type { WasmPaths } from './activateFetchedWasm.js';
export type { DownloadProgress } from './fetchWasm.js';
export type { InitBackendOptions } from './InitBackendOptions.js';
export { type InitBrowserBackendOptions, initBackend } from './initBackend.js';
export type { BackendName, PassedOver, StartedBackend, WebGpuAdapter } from './StartedBackend.js';

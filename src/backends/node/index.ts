export type { InitBackendOptions } from '../InitBackendOptions.js';
export type { BackendName, PassedOver, StartedBackend, WebGpuAdapter } from '../StartedBackend.js';
export { initBackend } from './initBackend.js';

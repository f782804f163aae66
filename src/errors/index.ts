export { AbortError } from './AbortError.js';
export { BackendError } from './BackendError.js';
export { CheckpointError } from './CheckpointError.js';
export { ConfigError } from './ConfigError.js';
export { DataError } from './DataError.js';
export { DiffusionSslError } from './DiffusionSslError.js';

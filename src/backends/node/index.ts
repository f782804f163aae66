export {
  type NodeBackendName,
  type StartBackendOptions,
  type StartedBackend,
  startBackend,
} from './startBackend.js';

/** A backend that `initBackend` can start. */
export type BackendName = 'webgpu' | 'node' | 'wasm' | 'cpu';

/** The graphics processor behind WebGPU, as its driver describes it. */
export interface WebGpuAdapter {
  vendor: string;
  architecture: string;
  description: string;
  /** Whether it computes on the processor: correct, and far slower than the wasm backend. */
  software: boolean;
  /** Optional features that the device was given, such as `'shader-f16'` and `'subgroups'`. */
  features: string[];
  /** Largest tensor in bytes. */
  maxTensorBytes: number;
}

/** A backend that was tried before the one that started, or left out, and why. */
export interface PassedOver {
  name: BackendName;
  reason: string;
}

/** What `initBackend` started. */
export interface StartedBackend {
  name: BackendName;
  threads: number;
  /** Kernel variant and versions: results are bit-identical only where this is the same. */
  build: string;
  /** What tensors can take at most, in bytes; infinite where nothing says so. */
  memoryLimitBytes: number;
  /** The adapter of the `'webgpu'` backend. */
  adapter?: WebGpuAdapter;
  /** What `device: 'auto'` preferred to this backend and could not start. */
  passedOver: PassedOver[];
  /**
   * Ends the backend with its tensors, threads and device, so that nothing of it keeps a process alive. `initBackend`
   * may be called again afterwards.
   */
  dispose(): Promise<void>;
}

import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../../errors/BackendError.js';
import { supportsRelaxedSimd } from './supportsRelaxedSimd.js';
import { controlBytes, type StartKernelWorker, WorkerPool } from './WorkerPool.js';

/** The parts of the backend's Emscripten module that kernels need. */
interface BackendModule {
  asm: { memory?: WebAssembly.Memory };
  /** Only in the threaded build, whose memory is shared. */
  wasmMemory?: WebAssembly.Memory;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
}

type Kernel = (begin: number, end: number, ...args: number[]) => void;

/** Bytes of the constants of `assembly/exponential.ts`. */
const CONSTANT_BYTES = 512;

/** The start of the next cache line. */
const alignAddress = (address: number) => Math.ceil(address / 64) * 64;

/** The compiled kernels on the memory of one wasm backend. */
export class KernelModule {
  private pool?: WorkerPool;
  private workspacePointer = 0;
  private workspaceBytes = 0;

  private constructor(
    readonly backend: BackendWasm,
    private readonly wasm: BackendModule,
    private readonly exports: Record<string, Kernel>,
    /** Names the instructions in use: results are bit-identical only where this is the same. */
    readonly build: string,
  ) {}

  /** Loads the variant that fits the engine and the backend's memory, and starts workers where that is shared. */
  static async load(
    backend: BackendWasm,
    threads: number,
    startWorker: StartKernelWorker | undefined,
  ): Promise<KernelModule> {
    const wasm = backend.wasm as unknown as BackendModule;
    const memory = wasm.wasmMemory ?? wasm.asm.memory!;
    const shared = !(memory.buffer instanceof ArrayBuffer);
    const relaxed = supportsRelaxedSimd();
    const { default: text } = await (shared
      ? relaxed
        ? import('./generated/threadsRelaxed.js')
        : import('./generated/threads.js')
      : relaxed
        ? import('./generated/simdRelaxed.js')
        : import('./generated/simd.js'));
    const module = await WebAssembly.compile(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)));
    const instance = await WebAssembly.instantiate(module, { env: { memory } });
    const exports = instance.exports as Record<string, Kernel>;
    const { storeConstants, setConstants } = instance.exports as Record<string, (place: number) => void>;
    const constants = alignAddress(wasm._malloc(CONSTANT_BYTES + 64) >>> 0);
    storeConstants(constants);
    setConstants(constants);
    const kernels = new KernelModule(backend, wasm, exports, relaxed ? 'kernels fma' : 'kernels');
    if (shared && threads > 1 && startWorker) {
      const data = { module, memory, constants, control: wasm._malloc(controlBytes) >>> 0 };
      kernels.pool = await WorkerPool.start(instance, data, threads - 1, startWorker);
    }
    return kernels;
  }

  /** Threads that compute. */
  get threads(): number {
    return this.pool?.threads ?? 1;
  }

  /**
   * Runs the export `name(begin, end, ...args)` over all items, on all threads where there is enough to do.
   *
   * @param items How many independent pieces there are.
   * @param grain The fewest worth giving to a thread: some tens of microseconds of work.
   */
  run(name: string, items: number, grain: number, ...args: number[]): void {
    const size = Math.max(grain, Math.ceil(items / (16 * this.threads)));
    if (this.pool && items > size) this.pool.run(name, items, size, args);
    else this.exports[name](0, items, ...args);
  }

  /** Address of a tensor's values. */
  pointer({ dataId }: tf.TensorInfo): number {
    return this.backend.dataIdMap.get(dataId as object).memoryOffset;
  }

  /** A new tensor, not cleared. */
  output(shape: readonly number[], dtype: 'float32' | 'int32' | 'bool' = 'float32'): tf.TensorInfo {
    return this.backend.makeOutput([...shape], dtype);
  }

  /** Gives back tensors that only the kernel itself has used. */
  release(...tensors: tf.TensorInfo[]): void {
    for (const { dataId } of tensors) this.backend.disposeData(dataId as object);
  }

  /**
   * Address of scratch memory for one kernel call, aligned to 64 bytes: the same for every call, and grown where
   * needed, so that nothing is allocated once every shape has been seen.
   */
  workspace(floats: number): number {
    const bytes = 4 * floats + 64;
    if (bytes > this.workspaceBytes) {
      this.wasm._free(this.workspacePointer);
      this.workspacePointer = this.wasm._malloc(bytes) >>> 0;
      if (this.workspacePointer === 0)
        throw new BackendError(`kernels/wasm: no memory for ${bytes} bytes of workspace.`);
      this.workspaceBytes = bytes;
    }
    return alignAddress(this.workspacePointer);
  }

  /** Ends the threads. */
  async stop(): Promise<void> {
    await this.pool?.stop();
  }
}

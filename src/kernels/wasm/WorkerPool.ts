/** A running worker: the part of `Worker` that this library uses. */
export interface KernelWorker {
  /** Ends it. */
  terminate(): unknown;
}

/** What a worker is given, as the one message it receives. */
export interface KernelWorkerData {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** Address of the constants that kernels read. */
  constants: number;
  /** Address of the control block. */
  control: number;
  /** Number of the thread; the main one is 0. */
  thread: number;
}

/**
 * Starts a worker that runs `script`, a classic script that finds its {@link KernelWorkerData} in `workerData`.
 * Resolves when the worker has said that it is ready.
 */
export type StartKernelWorker = (script: string, data: KernelWorkerData) => Promise<KernelWorker>;

/** The pool's exports of the module, see `assembly/pool.ts`. */
interface PoolExports extends Record<string, WebAssembly.ExportValue> {
  openJob(control: number): void;
  takeChunk(control: number): number;
  closeJob(control: number): void;
}

type Kernel = (begin: number, end: number, ...args: number[]) => void;

/** Words of the control block, see `assembly/pool.ts`; what follows them are the arguments, in float64. */
const CONTROL = { gate: 1, kernel: 3, items: 4, chunk: 5, count: 6, sleepers: 7, words: 8 };
const MAX_ARGUMENTS = 40;
const CLOSED = -0x40000000;

/** Bytes that a pool needs for its control block. */
export const controlBytes = CONTROL.words * 4 + MAX_ARGUMENTS * 8;

/** What each worker runs: it takes chunks of the job in hand together with the others, until the process ends. */
export const workerScript = `
const { module, memory, constants, control, thread } = workerData;
const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports;
kernels.setThread(thread);
kernels.setConstants(constants);
const functions = Object.values(kernels);
const words = new Int32Array(memory.buffer, control, ${CONTROL.words});
const numbers = new Float64Array(memory.buffer, control + ${CONTROL.words * 4}, ${MAX_ARGUMENTS});
let seen = Atomics.load(words, 0);
ready();
for (;;) {
  seen = kernels.waitForJob(control, seen);
  if (!kernels.joinJob(control)) continue;
  const [kernel, items, size, count] = words.subarray(${CONTROL.kernel});
  const args = numbers.slice(0, count);
  for (let begin; (begin = kernels.takeChunk(control) * size) < items; ) {
    functions[kernel](begin, Math.min(begin + size, items), ...args);
  }
  kernels.leaveJob(control);
}`;

/**
 * Threads of our own on the backend's memory: a kernel's items are cut into chunks that the main thread and the
 * workers take in turn. No item's result depends on how they are cut, so neither does it on the number of threads.
 */
export class WorkerPool {
  private readonly words: Int32Array;
  private readonly numbers: Float64Array;
  private readonly indices: Map<string, number>;

  private constructor(
    private readonly exports: PoolExports,
    memory: WebAssembly.Memory,
    private readonly control: number,
    private readonly workers: readonly KernelWorker[],
  ) {
    this.words = new Int32Array(memory.buffer, control, CONTROL.words);
    this.numbers = new Float64Array(memory.buffer, control + CONTROL.words * 4, MAX_ARGUMENTS);
    this.indices = new Map(Object.keys(exports).map((name, index) => [name, index]));
  }

  /** Starts `count` workers on a module's memory; `data.control` is the address of {@link controlBytes} bytes. */
  static async start(
    instance: WebAssembly.Instance,
    data: Omit<KernelWorkerData, 'thread'>,
    count: number,
    startWorker: StartKernelWorker,
  ): Promise<WorkerPool> {
    new Int32Array(data.memory.buffer, data.control, CONTROL.words).fill(0)[CONTROL.gate] = CLOSED;
    const workers = await Promise.all(
      Array.from({ length: count }, (_, i) => startWorker(workerScript, { ...data, thread: i + 1 })),
    );
    return new WorkerPool(instance.exports as PoolExports, data.memory, data.control, workers);
  }

  /** Threads that compute, the main one included. */
  get threads(): number {
    return this.workers.length + 1;
  }

  /** Runs a kernel over `items` in chunks of `size` on all threads. */
  run(name: string, items: number, size: number, args: readonly number[]): void {
    const { words, exports, control } = this;
    words[CONTROL.kernel] = this.indices.get(name)!;
    words[CONTROL.items] = items;
    words[CONTROL.chunk] = size;
    words[CONTROL.count] = args.length;
    this.numbers.set(args);
    exports.openJob(control);
    const kernel = exports[name] as Kernel;
    for (
      let begin = exports.takeChunk(control) * size;
      begin < items;
      begin = exports.takeChunk(control) * size
    ) {
      kernel(begin, Math.min(begin + size, items), ...args);
    }
    exports.closeJob(control);
  }

  /** Ends the workers. */
  async stop(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

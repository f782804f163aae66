import { Worker } from 'node:worker_threads';
import type { ChipReaderSettings } from './ChipReader.js';
import type { ChipTask, ChipTaskResult } from './chipTasks.js';

interface Waiting {
  resolve: (result: ChipTaskResult) => void;
  reject: (error: Error) => void;
}

/** The main thread's end of one worker. After its first task it keeps the process alive only while one is under way. */
export class ChipWorkerClient {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private readonly current = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
  private nextId = 0;
  private failure: Error | undefined;

  /** @param nameOf Describes the chip of an index, for the error of a crash. */
  constructor(url: URL, settings: ChipReaderSettings, nameOf: (index: number) => string) {
    this.worker = new Worker(url, { workerData: { settings, current: this.current }, execArgv: [] });
    const crash = (reason: string) => {
      const index = Atomics.load(this.current, 0);
      const where = index < 0 ? 'before its first chip' : `at chip ${nameOf(index)}`;
      this.fail(new Error(`chip loader: a worker thread ended ${where}: ${reason}`));
    };
    this.worker.on('message', ({ id, result }: { id: number; result: ChipTaskResult }) => {
      this.settle(id)?.resolve(result);
    });
    this.worker.on('messageerror', (error: Error) => crash(error.message));
    this.worker.on('error', (error: Error) => crash(error.message));
    this.worker.on('exit', (code) => crash(`exit code ${code}`));
  }

  /** Hands a task to the worker; rejects when the worker ends first. */
  run(task: ChipTask): Promise<ChipTaskResult> {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      const id = this.nextId++;
      this.waiting.set(id, { resolve, reject });
      this.worker.ref();
      this.worker.postMessage({ id, task });
    });
  }

  /** Ends the worker; tasks under way are rejected, with the error given. */
  async close(error = new Error('chip loader: it has been closed.')): Promise<void> {
    this.fail(error);
    this.worker.ref(); // Until it has ended: nothing else may keep the process alive.
    await this.worker.terminate();
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    if (this.waiting.delete(id) && this.waiting.size === 0) this.worker.unref();
    return waiting;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const id of [...this.waiting.keys()]) this.settle(id)?.reject(this.failure);
  }
}

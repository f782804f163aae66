import { Worker } from 'node:worker_threads';
import { DiffusionSslError } from '../../errors/DiffusionSslError.js';
import type { ChipReaderSettings } from './ChipReader.js';
import { type BadChip, type ChipTask, type ChipTaskResult, withBadChips } from './chipTasks.js';

interface Waiting {
  task: ChipTask;
  /** Chips of the task at which a worker ended. */
  bad: BadChip[];
  resolve: (result: ChipTaskResult) => void;
  reject: (error: Error) => void;
}

/** Describes the chip of an index; `patient`: it may take its time, as what reads it has limits of its own. */
export type DescribeChip = (index: number) => { name: string; patient: boolean };

/** Milliseconds between two looks at whether a worker still gets on. */
const WATCH = 1000;

/**
 * The main thread's end of one worker. A worker that dies or hangs at a chip is replaced, and the chip is a bad one. It
 * keeps the process alive only while a task is under way.
 */
export class ChipWorkerClient {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  /** The index of the chip being read, -1: none, and how many have been begun. */
  private readonly current = new Int32Array(new SharedArrayBuffer(8));
  private nextId = 0;
  private failure: Error | undefined;
  private watch: NodeJS.Timeout | undefined;
  private begun = 0;
  private since = 0;
  /** Chips begun when a worker last ended at none. */
  private begunAtEnd = 0;

  /** @param timeout Milliseconds after which a worker that is still at the same chip hangs. */
  constructor(
    private readonly url: URL,
    private readonly settings: ChipReaderSettings,
    private readonly describe: DescribeChip,
    private readonly timeout: number,
  ) {
    this.start();
  }

  /** Hands a task to the worker; rejects when no worker can do it. */
  run(task: ChipTask): Promise<ChipTaskResult> {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      const id = this.nextId++;
      this.waiting.set(id, { task, bad: [], resolve, reject });
      this.send(id, task);
    });
  }

  /** Ends the worker; tasks under way are rejected, with the error given. */
  async close(error = new DiffusionSslError('chip loader: it has been closed.')): Promise<void> {
    this.fail(error);
    this.worker?.ref(); // Until it has ended: nothing else may keep the process alive.
    await this.worker?.terminate();
  }

  private start(): void {
    const { url, settings, current } = this;
    current.fill(-1, 0, 1);
    const worker = new Worker(url, { workerData: { settings, current }, execArgv: [] });
    worker.unref();
    worker.on('message', ({ id, result }: { id: number; result: ChipTaskResult }) => {
      const waiting = this.settle(id);
      waiting?.resolve(withBadChips(waiting.task, result, waiting.bad));
    });
    for (const event of ['messageerror', 'error']) {
      worker.on(event, (error: Error) => this.ended(worker, error.message));
    }
    worker.on('exit', (code) => this.ended(worker, `exit code ${code}`));
    this.worker = worker;
  }

  private send(id: number, task: ChipTask): void {
    this.worker?.ref();
    this.worker?.postMessage({ id, task });
    if (this.watch) return;
    this.since = performance.now();
    this.watch = setInterval(() => this.look(), WATCH).unref();
  }

  private look(): void {
    const index = Atomics.load(this.current, 0);
    const begun = Atomics.load(this.current, 1);
    if (begun !== this.begun || index < 0 || this.describe(index).patient) {
      this.begun = begun;
      this.since = performance.now();
    } else if (performance.now() - this.since > this.timeout && this.worker) {
      this.ended(this.worker, `nothing came of it in ${Math.round(this.timeout / 1000)} s`);
    }
  }

  /** Goes on with another worker, without the chip at which this one ended. */
  private ended(worker: Worker, reason: string): void {
    if (worker !== this.worker || this.failure) return;
    this.worker = undefined;
    void worker.terminate();
    const index = Atomics.load(this.current, 0);
    const [task] = this.waiting.values();
    if (index >= 0 && task) {
      task.bad.push({
        index,
        message: `${this.describe(index).name}: a worker thread ended at it: ${reason}`,
      });
    } else if (Atomics.load(this.current, 1) === this.begunAtEnd) {
      this.fail(new DiffusionSslError(`chip loader: a worker thread ended before its first chip: ${reason}`));
      return;
    }
    this.begunAtEnd = Atomics.load(this.current, 1);
    this.start();
    this.since = performance.now();
    for (const [id, { task: whole, bad }] of this.waiting) {
      const chips = whole.chips.filter((chip) => !bad.some((one) => one.index === chip.index));
      this.send(id, { ...whole, chips });
    }
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    if (this.waiting.delete(id) && this.waiting.size === 0) {
      this.worker?.unref();
      clearInterval(this.watch);
      this.watch = undefined;
    }
    return waiting;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const id of [...this.waiting.keys()]) this.settle(id)?.reject(this.failure);
  }
}

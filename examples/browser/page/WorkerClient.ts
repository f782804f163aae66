import type { Api, Events, Reply, Request } from '../shared/Api.js';
import workerUrl from '../worker/worker.ts?worker&url';

/** The page's side of the worker that trains. */
export class WorkerClient {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private readonly listeners = new Map<keyof Events, (value: never) => void>();
  private lastId = 0;
  private failure?: Error;

  constructor() {
    // A worker loaded from an address has the content security policy of its own response, which a static host does not
    // send; one from a blob has the page's.
    const source = `import ${JSON.stringify(new URL(workerUrl, location.href).href)};`;
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    this.worker = new Worker(url, { type: 'module' });
    this.worker.onmessage = ({ data }: MessageEvent<Reply>) => this.receive(data);
    this.worker.onerror = ({ message }) => this.fail(message || 'the worker did not load');
  }

  /** Asks the worker for something; rejects with its message. */
  call<K extends keyof Api>(name: K, ...args: Parameters<Api[K]>): ReturnType<Api[K]> {
    if (this.failure) return Promise.reject(this.failure) as ReturnType<Api[K]>;
    const id = ++this.lastId;
    const answer = new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.worker.postMessage({ id, name, args } satisfies Request);
    return answer as ReturnType<Api[K]>;
  }

  on<K extends keyof Events>(event: K, listener: (value: Events[K]) => void): void {
    this.listeners.set(event, listener);
  }

  private receive(reply: Reply): void {
    if ('event' in reply) {
      this.listeners.get(reply.event)?.(reply.value as never);
      return;
    }
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if ('error' in reply) waiting?.reject(new Error(reply.error));
    else waiting?.resolve(reply.value);
  }

  private fail(message: string): void {
    this.failure = new Error(
      `The part of the page that computes has stopped (${message}). Reload the page; saved checkpoints stay.`,
    );
    for (const { reject } of this.waiting.values()) reject(this.failure);
    this.waiting.clear();
  }
}

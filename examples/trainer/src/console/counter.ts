import { formatDuration, type ProgressStream } from './progressBar.js';

/** Shows how many of so many things are done. */
export interface Counter {
  /** So many are done. */
  update(done: number): void;
  /** Leaves the last state on the screen. */
  close(): void;
}

/** Milliseconds between two states on a terminal, and between two lines elsewhere. */
const [REDRAW, PLAIN] = [100, 15_000];

/** A line such as `chips: 120 of 750, 0:12 left`, redrawn in place on a terminal; elsewhere one every 15 seconds. */
export function createCounter(what: string, total: number, stream: ProgressStream = process.stderr): Counter {
  const start = performance.now();
  let last = stream.isTTY ? Number.NEGATIVE_INFINITY : start;
  return {
    update(done) {
      const now = performance.now();
      const isDue = now - last >= (stream.isTTY ? REDRAW : PLAIN);
      if (!isDue && !(stream.isTTY && done === total)) return;
      last = now;
      const left = ((now - start) / 1000 / Math.max(done, 1)) * (total - done);
      const text = `${what}: ${done} of ${total}, ${formatDuration(left)} left`;
      stream.write(stream.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
    },
    close() {
      if (stream.isTTY && last > start) stream.write('\n');
    },
  };
}

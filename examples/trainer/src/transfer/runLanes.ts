import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A call of `evaluate-transfer`. */
export interface Job {
  /** What its lines begin with. */
  name: string;
  args: readonly string[];
}

/**
 * Runs calls of `evaluate-transfer` as processes of their own, some at a time, in order; their lines come out under
 * their names. Where one fails, no more are started, and the exit status is its. This process waits for their end also
 * where a signal stops them: Ctrl-C of the terminal reaches them by itself, SIGTERM is passed on.
 */
export async function runLanes(jobs: readonly Job[], lanes: number): Promise<void> {
  const waiting = [...jobs];
  const running = new Set<ReturnType<typeof spawn>>();
  const interrupted = () => {
    process.exitCode = 130;
  };
  const terminated = () => {
    process.exitCode = 143;
    for (const child of running) child.kill('SIGTERM');
  };
  process.on('SIGINT', interrupted).on('SIGTERM', terminated);
  const lane = async () => {
    for (let job = waiting.shift(); job && !process.exitCode; job = waiting.shift()) {
      const code = await run(job, running);
      if (code !== 0) process.exitCode ||= code;
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', terminated);
  }
}

function run({ name, args }: Job, running: Set<ReturnType<typeof spawn>>): Promise<number> {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, main, 'evaluate-transfer', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const show = (stream: NodeJS.ReadableStream, print: (line: string) => void) =>
    createInterface({ input: stream }).on('line', (line) => print(`${name}: ${line}`));
  show(child.stdout, console.log);
  show(child.stderr, console.error);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

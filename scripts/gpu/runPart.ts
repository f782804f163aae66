import { spawn } from 'node:child_process';

/** How a part ended. */
export interface PartEnd {
  status: 'done' | 'failed' | 'out of time';
  seconds: number;
  /** Exit status, or the signal that ended it. */
  code: number | string | null;
  stdout: string;
  stderr: string;
}

/** Options of {@link runPart}. */
export interface PartOptions {
  env: NodeJS.ProcessEnv;
  /** Seconds after which the process and all that it started are ended. */
  limit: number;
  /** Takes what it prints, as it comes. */
  onOutput?: (text: string) => void;
}

const running = new Set<() => void>();

/** Ends whatever part is running. */
export function endParts(): void {
  for (const end of running) end();
}

/** Runs a command in a process group of its own for a limited time. */
export async function runPart(command: string, args: string[], options: PartOptions): Promise<PartEnd> {
  const begun = performance.now();
  const child = spawn(command, args, { env: options.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      options.onOutput?.(text);
    });
  }
  const end = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // It ended by itself in the meantime, or never started.
    }
  };
  running.add(end);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end();
  }, 1000 * options.limit);
  const code = await new Promise<number | string | null>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (status, signal) => resolve(signal ?? status));
  });
  clearTimeout(timer);
  running.delete(end);
  const status = late ? 'out of time' : code === 0 ? 'done' : 'failed';
  return { status, seconds: (performance.now() - begun) / 1000, code, ...output };
}

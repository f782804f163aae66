import { spawn } from 'node:child_process';

/** Why a process gave no result. */
export class RunError extends Error {
  /** Whether it ended for lack of memory, as far as its last words or the signal that ended it tell. */
  readonly outOfMemory: boolean;

  constructor(message: string, signal: NodeJS.Signals | null) {
    super(message);
    this.outOfMemory =
      signal === 'SIGKILL' ||
      signal === 'SIGABRT' ||
      /out of memory|\bOOM\b|enlarge memory|memory access out of bounds|grow\(\)|allocat|bad_alloc/i.test(
        message,
      );
  }
}

/**
 * Runs a command and parses the last line that it prints, as JSON.
 *
 * @param limit Seconds after which it is ended.
 */
export async function runJson<T>(
  command: string,
  args: string[],
  { env, limit }: { env?: NodeJS.ProcessEnv; limit?: number } = {},
): Promise<T> {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let late = false;
  const timer =
    limit === undefined
      ? undefined
      : setTimeout(() => {
          late = child.kill('SIGKILL');
        }, 1000 * limit);
  let output = '';
  let errors = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...ended) => resolve(ended));
  }).finally(() => clearTimeout(timer));
  if (late) throw new RunError(`took more than ${limit} s and was ended`, null);
  if (status !== 0)
    throw new RunError(`ended with ${signal ?? `status ${status}`}: ${lastWords(errors)}`, signal);
  return JSON.parse(output.trim().split('\n').at(-1)!) as T;
}

/** The line that names the error, without the stack and the source that Node and Python print around it. */
function lastWords(errors: string): string {
  const named = errors
    .split('\n')
    .findLast((line) => /^\s*(Uncaught )?\w*(Error|Exception|ERROR)\b.*:/.test(line));
  return (named ?? errors).trim().slice(-500);
}

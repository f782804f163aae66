import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A torch DataLoader in a process of its own, which does what it is asked to and waits (`peers/epochs.py`). */
export class PeerLoader {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly answers: AsyncIterator<string>;
  private readonly ended: Promise<unknown>;
  private errors = '';

  /** @param script One of the scripts in `peers`. */
  constructor(python: string, script: string, options: Record<string, string | number>) {
    const file = fileURLToPath(new URL(`peers/${script}`, import.meta.url));
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.child = spawn(python, ['-B', '-W', 'ignore', file, ...args]);
    this.child.stdin.on('error', () => {}); // It has ended: the missing answer says so.
    this.child.stderr.on('data', (text) => {
      this.errors = `${this.errors}${text}`.slice(-1000);
    });
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** Runs an epoch. @param windows Those to read, [top, left]; default: all its chips in an order of its own. */
  async epoch(windows: readonly (readonly [number, number])[] | null): Promise<{ chipsPerSecond: number }> {
    return this.ask({ epoch: windows });
  }

  /** How far its chips, of these numbers or windows, differ at most from the values in a file, one after the other. */
  async difference(check: string, chips: readonly unknown[]): Promise<number> {
    return (await this.ask<{ difference: number }>({ check, chips })).difference;
  }

  /** Milliseconds of processors that it and its workers have taken; only Linux tells. */
  processorTime(): number | null {
    const { pid } = this.child;
    return pid !== undefined && existsSync(`/proc/${pid}/stat`) ? timeOf(pid) : null;
  }

  async close(): Promise<void> {
    this.child.stdin.end();
    await this.ended;
  }

  private async ask<T>(request: unknown): Promise<T> {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`the peer ended: ${this.errors}`);
    return JSON.parse(value) as T;
  }
}

/** Milliseconds of a process and its children, which tick every 10. */
function timeOf(pid: number): number {
  // Behind the name, which is in parentheses: user and system time are the 12th and 13th.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  const own = 10 * (Number(fields[11]) + Number(fields[12]));
  return children.reduce((sum, child) => sum + timeOf(Number(child)), own);
}

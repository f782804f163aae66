import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A Python process that does what it is asked to and waits: a line of JSON for each line of its input. */
export class PeerProcess {
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

  /** Milliseconds of processors that it and its workers have taken; only Linux tells. */
  processorTime(): number | null {
    const { pid } = this.child;
    return pid !== undefined && existsSync(`/proc/${pid}/stat`) ? timeOf(pid) : null;
  }

  async close(): Promise<void> {
    this.child.stdin.end();
    await this.ended;
  }

  /** Its answer to a request. */
  async ask<T>(request: unknown): Promise<T> {
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

import { spawnSync } from 'node:child_process';

/** Runs a command without a shell and returns its standard output; when it fails, throws with all it said. */
export function runCommand(command: string, args: readonly string[], cwd: string): string {
  const result = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    const cause = result.signal ?? `exit status ${result.status}`;
    throw new Error(`${command} ${args.join(' ')} (${cause})\n${result.stdout}${result.stderr}`);
  }
  return result.stdout;
}

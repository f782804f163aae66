import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a command of the user's in a shell, such as one that copies a checkpoint away, and waits for it. It is told
 * where the run stands by variables of its environment.
 *
 * @returns What to say of one that has failed, which ends nothing.
 */
export async function runHook(
  flag: string,
  command: string,
  variables: Record<string, string>,
): Promise<string | undefined> {
  // What it says goes to stderr: stdout is the trainer's.
  const child = spawn(command, {
    shell: true,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...variables },
  });
  try {
    const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
    return status === 0
      ? undefined
      : `${flag}: '${command}' ended with ${signal ?? `exit status ${status}`}.`;
  } catch (error) {
    return `${flag}: '${command}' did not start (${(error as Error).message}).`;
  }
}

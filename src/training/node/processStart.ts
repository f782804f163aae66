import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * When a process of this machine started, in the words of the system: with its number that names one process for good.
 *
 * @returns Undefined if it has ended; `''` if it runs and the system does not say since when.
 */
export function processStart(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return undefined;
  }
  if (process.platform === 'linux') return fromProc(pid);
  return process.platform === 'win32' ? '' : fromPs(pid);
}

/** Field 22 of `/proc/PID/stat`, in clock ticks since the machine started (man 5 proc). A zombie has ended. */
function fromProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return ''; // Hidden from this user.
  }
  // Field 2, the name, is in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

function fromPs(pid: number): string | undefined {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8', env });
  const [state, ...start] = (stdout ?? '').trim().split(/\s+/);
  return state.startsWith('Z') ? undefined : start.join(' ');
}

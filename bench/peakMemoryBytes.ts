import { existsSync, readFileSync } from 'node:fs';

/**
 * Largest resident size of this process. Linux's own count is read from /proc, because the one that
 * `resourceUsage` gives there starts with the size of the parent.
 */
export function peakMemoryBytes(): number {
  const status = '/proc/self/status';
  const kilobytes = existsSync(status) && /VmHWM:\s*(\d+)/.exec(readFileSync(status, 'utf8'))?.[1];
  return 1024 * (kilobytes ? Number(kilobytes) : process.resourceUsage().maxRSS);
}

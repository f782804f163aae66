import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** How long a run of `pretrain` took, where its folder says so. */
export async function minutesOf(run: string): Promise<number | undefined> {
  const file = path.join(run, 'summary.json');
  if (!existsSync(file)) return undefined;
  const { seconds } = JSON.parse(await readFile(file, 'utf8')) as { seconds?: number };
  return seconds === undefined ? undefined : seconds / 60;
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { listFiles, root } from '../lib/root.js';

/** A hash of `src`, without what is generated there: whether `dist` was built of it. */
export function sourceHash(): string {
  const hash = createHash('sha256');
  for (const file of listFiles('src', '.ts').filter((name) => !name.includes('/generated/'))) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

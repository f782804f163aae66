import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from './writeFileAtomic.js';

/**
 * Rewrites a text file with those of its lines that `keep` accepts; a last line without its line feed, which a
 * killed process leaves, is dropped. A missing file becomes an empty one.
 */
export async function keepLines(
  file: string,
  keep: (line: string, index: number) => boolean,
): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').slice(0, -1).filter(keep);
  await writeFileAtomic(file, lines.map((line) => `${line}\n`).join(''));
  return lines;
}

import { CheckpointError } from '../errors/CheckpointError.js';
import type { ModelFiles } from './ModelFiles.js';

/** Longest file of text that is read. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * A file of text.
 *
 * @param parse What its text means. What that throws is told with the file's name.
 * @param what What the file is, for messages.
 * @returns Undefined where there is no such file.
 * @throws If it is too long, no UTF-8 or not what it is to be.
 */
export async function readTextFile<T>(
  files: ModelFiles,
  name: string,
  parse: (text: string) => T,
  what = 'text',
): Promise<T | undefined> {
  const file = await files.open(name);
  if (!file) return undefined;
  const fail = (problem: string, cause?: unknown) =>
    new CheckpointError(`${files.place}/${name}: ${problem}`, { cause });
  let bytes: Uint8Array;
  try {
    bytes = await file.read(0, Math.min(file.size ?? MOST_BYTES + 1, MOST_BYTES + 1));
  } finally {
    await file.close?.();
  }
  if (bytes.length > MOST_BYTES) throw fail(`it has more than ${MOST_BYTES / 2 ** 20} MiB.`);
  try {
    return parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw fail(`it is not ${what} in UTF-8 (${(error as Error).message}).`, error);
  }
}

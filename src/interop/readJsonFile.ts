import { CheckpointError } from '../errors/CheckpointError.js';
import type { ModelFiles } from './ModelFiles.js';

/** Longest file of text that is read. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * A file of JSON.
 *
 * @param options `infinities`: whether Infinity, -Infinity and NaN, as Python writes them, are read as null.
 * @returns Undefined where there is no such file.
 * @throws If it is too long, no UTF-8 or no JSON.
 */
export async function readJsonFile(
  files: ModelFiles,
  name: string,
  { infinities = false }: { infinities?: boolean } = {},
): Promise<unknown> {
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
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return JSON.parse(infinities ? text.replace(/(:\s*)(?:-?Infinity|NaN)\b/g, '$1null') : text);
  } catch (error) {
    throw fail(`it is not JSON in UTF-8 (${(error as Error).message}).`, error);
  }
}

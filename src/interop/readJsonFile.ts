import type { ModelFiles } from './ModelFiles.js';
import { readTextFile } from './readTextFile.js';

/**
 * A file of JSON.
 *
 * @param options `infinities`: whether Infinity, -Infinity and NaN, as Python writes them, are read as null.
 * @returns Undefined where there is no such file.
 * @throws If it is too long, no UTF-8 or no JSON.
 */
export function readJsonFile(
  files: ModelFiles,
  name: string,
  { infinities = false }: { infinities?: boolean } = {},
): Promise<unknown> {
  const parse = (text: string): unknown =>
    JSON.parse(infinities ? text.replace(/(:\s*)(?:-?Infinity|NaN)\b/g, '$1null') : text);
  return readTextFile(files, name, parse, 'JSON');
}

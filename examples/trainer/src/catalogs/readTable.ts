import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { DataError } from 'diffusion-ssl/errors';

/**
 * Reads a table with a header, by the values of a column.
 *
 * @throws {DataError} If it cannot be read, lacks a column, or has two rows of one key that differ.
 */
export async function readTable(
  file: string,
  key: string,
  columns: readonly string[] = [],
): Promise<Map<string, Record<string, string>>> {
  let rows: Record<string, string>[];
  try {
    rows = parse(await readFile(file), { columns: true, bom: true, skip_empty_lines: true, trim: true });
  } catch (cause) {
    throw new DataError(`${file}: cannot be read as a table: ${(cause as Error).message}`, { cause });
  }
  if (rows.length === 0) throw new DataError(`${file} has no row.`);
  for (const column of [key, ...columns]) {
    if (Object.hasOwn(rows[0], column)) continue;
    const known = Object.keys(rows[0]).join(', ');
    throw new DataError(`${file} has no column '${column}'; it has ${known}.`);
  }
  const table = new Map<string, Record<string, string>>();
  for (const row of rows) {
    const other = table.get(row[key]) ?? row;
    if (JSON.stringify(other) !== JSON.stringify(row))
      throw new DataError(`${file} has two rows of ${row[key]} that differ.`);
    table.set(row[key], row);
  }
  return table;
}

/** Reads a list of patches, one a line: with a header or not, further columns left alone. */
export async function readPatchList(file: string): Promise<string[]> {
  const lines = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '').split(/\r?\n/);
  const patches = lines.map((line) => line.split(',').find((field) => /^"?S2[A-D]_/.test(field.trim())));
  const found = patches.flatMap((patch) => (patch === undefined ? [] : [patch.trim().replaceAll('"', '')]));
  if (found.length > 0) return found;
  throw new DataError(`${file} lists no patch: each line has the name of one, such as S2A_MSIL2A_….`);
}

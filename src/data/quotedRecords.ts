import { parse } from 'csv-parse/browser/esm/sync';

/**
 * The fields of CSV records with quotes, without the blanks around them.
 *
 * @throws csv-parse's `CsvError`, if quotes stand where none may.
 */
export function quotedRecords(text: string, separator: string): string[][] {
  return parse(text, { delimiter: separator, trim: true, relax_column_count: true }) as string[][];
}

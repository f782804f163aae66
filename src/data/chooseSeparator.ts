import { quotedRecords } from './quotedRecords.js';

/** Separators that are looked for, and what messages call them. */
const NAMES: Readonly<Record<string, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'vertical bars',
};

/**
 * The character that separates the columns of a CSV text: the first by which the header line has all columns that are
 * needed, or else the one that makes most columns of it.
 *
 * @param preferred Tried first: what a line `sep=;`, as spreadsheets write it, names.
 */
export function chooseSeparator(header: string, needed: readonly string[], preferred?: string): string {
  const candidates = [...(preferred === undefined ? [] : [preferred]), ...Object.keys(NAMES)].map(
    (separator) => {
      const columns = columnsOf(header, separator);
      return {
        separator,
        columns,
        isWhole: needed.length > 0 && needed.every((column) => columns.includes(column)),
      };
    },
  );
  const most = candidates.reduce((best, next) => (next.columns.length > best.columns.length ? next : best));
  return (candidates.find(({ isWhole }) => isWhole) ?? most).separator;
}

/** What messages call a separator. */
export function separatorName(separator: string): string {
  return NAMES[separator] ?? `'${separator}'`;
}

function columnsOf(header: string, separator: string): string[] {
  try {
    return quotedRecords(header, separator)[0] ?? [];
  } catch {
    // Quotes that do not go with this separator.
    return [];
  }
}

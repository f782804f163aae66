import { CsvError, parse } from 'csv-parse/browser/esm/sync';

/** Options of {@link parseCatalog}. */
export interface ParseCatalogOptions {
  /** Columns that hold the paths of a chip's rasters, in the order of their bands; default `['image']`. */
  imageColumns?: readonly string[];
  /** Column that names the split; default `'usage'`. */
  usageColumn?: string;
  /** Name of the file, for error messages; default `'catalog'`. */
  file?: string;
}

/** The splits that a catalog may name. */
export type CatalogUsage = 'train' | 'validate' | 'test' | 'predict';

/** One chip of a catalog. */
export interface CatalogRow {
  /** Line of the file where the row begins, counted from 1. */
  line: number;
  usage: CatalogUsage;
  /** Paths of the rasters, one an image column, as written in the file. */
  images: string[];
  /** Every column's text by its name. */
  values: Record<string, string>;
}

const USAGES = ['train', 'validate', 'test', 'predict'];

/**
 * Reads a catalog of chips from CSV text: a header line with the image columns and `usage` (train, validate, test or
 * predict), then one chip a line. A byte order mark, CRLF line ends, quoted fields and empty lines are accepted.
 *
 * @returns The rows of all splits in the order of the file.
 * @throws If a column or a value is missing, a usage is unknown or the text is no CSV: the message names the file,
 * the line and the column.
 * @example
 * import { parseCatalog } from 'diffusion-ssl/data';
 * const rows = parseCatalog('image,usage\na.tif,train\nb.tif,validate\n');
 * console.log(rows.filter((row) => row.usage === 'train').map((row) => row.images));
 */
export function parseCatalog(text: string, options: ParseCatalogOptions = {}): CatalogRow[] {
  const { imageColumns = ['image'], usageColumn = 'usage', file = 'catalog' } = options;
  if (imageColumns.length === 0)
    throw new Error('parseCatalog: imageColumns is empty; name at least one column.');
  const [header, ...lines] = parseLines(text, file);
  if (header === undefined) throw new Error(`${file}: the file is empty; it must begin with a header line.`);
  const columns = header.fields;
  for (const column of [...imageColumns, usageColumn]) {
    if (columns.filter((name) => name === column).length !== 1) {
      const found = columns.map((name) => `'${name}'`).join(', ');
      const count = columns.includes(column) ? 'more than one' : 'no';
      throw new Error(`${file}, line ${header.line}: ${count} column '${column}'; the columns are ${found}.`);
    }
  }
  return lines.map(({ line, fields }) => {
    const values = Object.fromEntries(columns.map((name, i) => [name, fields[i]]));
    const usage = values[usageColumn];
    if (!USAGES.includes(usage)) {
      throw new Error(
        `${file}, line ${line}, column '${usageColumn}': '${usage}' is not one of ${USAGES.join(', ')}.`,
      );
    }
    const images = imageColumns.map((column) => {
      if (values[column] === '')
        throw new Error(`${file}, line ${line}, column '${column}': the path is empty.`);
      return values[column];
    });
    return { line, usage: usage as CatalogUsage, images, values };
  });
}

interface Line {
  line: number;
  fields: string[];
}

function parseLines(text: string, file: string): Line[] {
  try {
    let width: number | undefined;
    const records = parse(text, {
      bom: true,
      trim: true,
      info: true,
      skip_empty_lines: true,
      relax_column_count: true,
    }) as unknown as { record: string[]; info: { lines: number } }[];
    return records.map(({ record, info }) => {
      width ??= record.length;
      if (record.length !== width) {
        throw new Error(
          `${file}, line ${info.lines}: ${record.length} fields, but the header has ${width} columns.`,
        );
      }
      return { line: info.lines, fields: record };
    });
  } catch (error) {
    if (error instanceof CsvError)
      throw new Error(`${file}: not a CSV file: ${error.message}`, { cause: error });
    throw error;
  }
}

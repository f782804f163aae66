import { CatalogReader } from './CatalogReader.js';
import { CatalogText } from './CatalogText.js';

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
  /** Paths of the rasters relative to the data path, or their http(s) addresses, one an image column. */
  images: string[];
  /** Every column's text by its name. */
  values: Record<string, string>;
}

/**
 * Reads a catalog of chips from CSV text: a header line with the image columns and `usage` (train, validate, test or
 * predict), then one chip a line. Commas, semicolons, tabs or vertical bars separate the columns: those by which the
 * header has the columns needed, or what a first line such as `sep=;` names. A byte order mark, line ends of every
 * system, quoted fields and empty lines are accepted. A path is relative to the data path and stays within it, or is
 * the http(s) address of a remote chip.
 *
 * @param source The text, or the bytes of the file: UTF-8, or UTF-16 with a byte order mark.
 * @returns The rows of all splits in the order of the file.
 * @throws If a column or a value is missing, a usage is unknown, a path leaves the data path, or the bytes are no text
 * or the text no CSV: the message names the file, the line and the column.
 * @example
 * import { parseCatalog } from 'diffusion-ssl/data';
 * const rows = parseCatalog('image,usage\na.tif,train\nb.tif,validate\n');
 * console.log(rows.filter((row) => row.usage === 'train').map((row) => row.images));
 */
export function parseCatalog(source: string | Uint8Array, options: ParseCatalogOptions = {}): CatalogRow[] {
  const reader = new CatalogReader(options);
  if (typeof source === 'string') return [...reader.push(source), ...reader.end()];
  const text = new CatalogText(options.file ?? 'catalog');
  return [...reader.push(text.push(source) + text.end()), ...reader.end()];
}

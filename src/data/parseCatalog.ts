import { CatalogReader } from './CatalogReader.js';

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
 * predict), then one chip a line. A byte order mark, CRLF line ends, quoted fields and empty lines are accepted. A path
 * is relative to the data path and stays within it, or is the http(s) address of a remote chip.
 *
 * @returns The rows of all splits in the order of the file.
 * @throws If a column or a value is missing, a usage is unknown, a path leaves the data path or the text is no
 * CSV: the message names the file, the line and the column.
 * @example
 * import { parseCatalog } from 'diffusion-ssl/data';
 * const rows = parseCatalog('image,usage\na.tif,train\nb.tif,validate\n');
 * console.log(rows.filter((row) => row.usage === 'train').map((row) => row.images));
 */
export function parseCatalog(text: string, options: ParseCatalogOptions = {}): CatalogRow[] {
  const reader = new CatalogReader(options);
  return [...reader.push(text), ...reader.end()];
}

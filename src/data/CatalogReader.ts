import { ConfigError } from '../errors/ConfigError.js';
import { DataError } from '../errors/DataError.js';
import { type CsvRecord, CsvRecords } from './CsvRecords.js';
import { checkChipPath } from './checkChipPath.js';
import { chooseSeparator, separatorName } from './chooseSeparator.js';
import type { CatalogRow, CatalogUsage, ParseCatalogOptions } from './parseCatalog.js';

/** Characters of a message that list the columns, at most. */
const LONGEST_LIST = 500;

const USAGES = ['train', 'validate', 'test', 'predict'];

/** Reads a catalog that comes in pieces of text; holds no rows. */
export class CatalogReader {
  private readonly records: CsvRecords;
  private columns: string[] | undefined;
  private readonly imageColumns: readonly string[];
  private readonly usageColumn: string;
  private readonly file: string;
  private places: number[] = [];
  private usagePlace = 0;

  constructor(options: ParseCatalogOptions) {
    this.imageColumns = options.imageColumns ?? ['image'];
    this.usageColumn = options.usageColumn ?? 'usage';
    this.file = options.file ?? 'catalog';
    if (this.imageColumns.length === 0)
      throw new ConfigError('parseCatalog: imageColumns is empty; name at least one column.');
    const needed = [...this.imageColumns, this.usageColumn];
    this.records = new CsvRecords(this.file, (header, named) => chooseSeparator(header, needed, named));
  }

  /** The rows that end in this piece of text. */
  *push(text: string): Generator<CatalogRow, void, void> {
    for (const record of this.records.push(text)) yield* this.row(record);
  }

  /** The last row. Throws when there was not even a header. */
  *end(): Generator<CatalogRow, void, void> {
    for (const record of this.records.end()) yield* this.row(record);
    if (!this.columns)
      throw new DataError(`${this.file}: the file is empty; it must begin with a header line.`);
  }

  private *row({ line, fields }: CsvRecord): Generator<CatalogRow, void, void> {
    if (!this.columns) {
      this.columns = fields;
      if (fields.some((field) => field.includes('\0')))
        throw new DataError(
          `${this.file}, line ${line}: zero characters: it is UTF-16 without a byte order mark, or no text. ` +
            'Save it as UTF-8.',
        );
      this.places = this.imageColumns.map((column) => this.placeOf(column, line, fields));
      this.usagePlace = this.placeOf(this.usageColumn, line, fields);
      return;
    }
    const { columns, file } = this;
    const usage = fields[this.usagePlace];
    const fits = fields.length === columns.length;
    if (!fits || !USAGES.includes(usage)) {
      // Spreadsheets leave such lines below a table.
      if (fields.every((field) => field === '')) return;
      throw new DataError(
        fits
          ? `${file}, line ${line}, column '${this.usageColumn}': '${usage}' is not one of ${USAGES.join(', ')}.`
          : `${file}, line ${line}: ${fields.length} fields separated by ${this.separatorName()}, ` +
              `but the header has ${columns.length} columns.`,
      );
    }
    const images = this.places.map((place) => {
      checkChipPath(fields[place], `${file}, line ${line}, column '${columns[place]}'`);
      return fields[place];
    });
    const values = Object.fromEntries(columns.map((name, i) => [name, fields[i]]));
    yield { line, usage: usage as CatalogUsage, images, values };
  }

  private placeOf(column: string, line: number, columns: string[]): number {
    const place = columns.indexOf(column);
    if (place >= 0 && place === columns.lastIndexOf(column)) return place;
    const found = columns.map((name) => `'${name}'`).join(', ');
    const count = place >= 0 ? 'more than one' : 'no';
    const separator =
      columns.length > 1
        ? `separated by ${this.separatorName()}`
        : 'which commas, semicolons, tabs or vertical bars would separate';
    const advice =
      place < 0 && columns.some((name) => USAGES.includes(name)) ? ' Is the header line missing?' : '';
    throw new DataError(
      `${this.file}, line ${line}: ${count} column '${column}'; ` +
        `the columns are ${found.slice(0, LONGEST_LIST)} (${separator}).${advice}`,
    );
  }

  private separatorName(): string {
    return separatorName(this.records.separator as string);
  }
}

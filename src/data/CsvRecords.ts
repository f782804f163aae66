import { CsvError, parse } from 'csv-parse/browser/esm/sync';

/** A record of a CSV text and the line on which it begins, counted from 1. */
export interface CsvRecord {
  line: number;
  fields: string[];
}

/** Longest record accepted, in characters: a quote that is never closed would take in the whole file. */
const LONGEST = 2 ** 20;

/**
 * Splits CSV text that comes in pieces into records: a byte order mark, CRLF, quoted fields (also over several
 * lines) and empty lines are accepted, blanks around fields are cut off. Holds one record at a time.
 *
 * A line without quotes is split at its commas, which is most of a catalog and ten times as fast; csv-parse reads the others.
 */
export class CsvRecords {
  private rest = '';
  private record = '';
  private open = false;
  private line = 0;
  private begin = 1;

  constructor(private readonly file: string) {}

  /** The records that end in this piece of text. */
  *push(text: string): Generator<CsvRecord, void, void> {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() as string;
    if (this.rest.length > LONGEST) throw this.tooLong(this.line + 1);
    for (const line of lines) yield* this.add(line);
  }

  /** The last record, when the text has no line end after it. */
  *end(): Generator<CsvRecord, void, void> {
    if (this.rest !== '' || this.open) yield* this.add(this.rest);
    if (this.open) yield* this.quoted();
    this.rest = '';
  }

  private *add(text: string): Generator<CsvRecord, void, void> {
    this.line++;
    const line = this.line === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text;
    const quotes = countQuotes(line);
    if (!this.open && quotes === 0) {
      if (line.trim() !== '') yield { line: this.line, fields: line.split(',').map((field) => field.trim()) };
      return;
    }
    if (!this.open) this.begin = this.line;
    this.record = this.open ? `${this.record}\n${line}` : line;
    if (this.record.length > LONGEST) throw this.tooLong(this.begin);
    // A quote within quotes is doubled, so a record is whole when it has an even number of them.
    this.open = this.open !== (quotes % 2 === 1);
    if (!this.open) yield* this.quoted();
  }

  private *quoted(): Generator<CsvRecord, void, void> {
    this.open = false;
    try {
      const records = parse(this.record, { trim: true, relax_column_count: true }) as string[][];
      for (const fields of records) yield { line: this.begin, fields };
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      const reason = error.message.replace(/,? (?:at|on) line \d+/g, '');
      throw new Error(`${this.file}, line ${this.begin}: not a CSV file: ${reason}`, { cause: error });
    }
  }

  private tooLong(line: number): Error {
    return new Error(
      `${this.file}, line ${line}: not a CSV file: a record of more than ${LONGEST} characters (a quote not closed?).`,
    );
  }
}

function countQuotes(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++;
  return count;
}

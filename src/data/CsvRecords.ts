import { CsvError } from 'csv-parse/browser/esm/sync';
import { DataError } from '../errors/DataError.js';
import { quotedRecords } from './quotedRecords.js';

/** A record of a CSV text and the line on which it begins, counted from 1. */
export interface CsvRecord {
  line: number;
  fields: string[];
}

/** Longest record accepted, in characters: a quote that is never closed would take in the whole file. */
const LONGEST = 2 ** 20;

/**
 * Splits CSV text that comes in pieces into records: a byte order mark, line ends of every system, quoted fields (also
 * over several lines), empty lines and a first line such as `sep=;` are accepted, blanks around fields are cut off.
 * Holds one record at a time.
 *
 * A line without quotes is split at its separators, which is most of a catalog and ten times as fast; csv-parse reads
 * the others.
 */
export class CsvRecords {
  /** Separates the fields; undefined before the first record. */
  separator: string | undefined;
  private rest = '';
  private record = '';
  private open = false;
  private line = 0;
  private begin = 1;
  private lineEnd: '\n' | '\r' | undefined;
  /** What a line `sep=;` names. */
  private named: string | undefined;

  /** @param separatorOf Chooses the separator by the first record, and by what a line before it names. */
  constructor(
    private readonly file: string,
    private readonly separatorOf: (header: string, named?: string) => string,
  ) {}

  /** The records that end in this piece of text. */
  *push(text: string): Generator<CsvRecord, void, void> {
    const whole = this.rest + text;
    this.lineEnd ??= lineEndOf(whole);
    const lines = this.lineEnd === undefined ? [whole] : whole.split(this.lineEnd);
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
    if (this.line === 1) {
      this.named = /^"?sep=([^\w\s"]|\t)"?\s*$/i.exec(line)?.[1];
      if (this.named !== undefined) return;
    }
    const quotes = countQuotes(line);
    if (!this.open && quotes === 0) {
      if (line.trim() === '') return;
      this.separator ??= this.separatorOf(line, this.named);
      yield { line: this.line, fields: line.split(this.separator).map((field) => field.trim()) };
      return;
    }
    if (!this.open) this.begin = this.line;
    this.record = this.open ? this.record + this.lineEnd + line : line;
    if (this.record.length > LONGEST) throw this.tooLong(this.begin);
    // A quote within quotes is doubled, so a record is whole when it has an even number of them.
    this.open = this.open !== (quotes % 2 === 1);
    if (!this.open) yield* this.quoted();
  }

  private *quoted(): Generator<CsvRecord, void, void> {
    this.open = false;
    this.separator ??= this.separatorOf(this.record, this.named);
    try {
      for (const fields of quotedRecords(this.record, this.separator)) yield { line: this.begin, fields };
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      const reason = error.message.replace(/,? (?:at|on) line \d+/g, '');
      throw new DataError(`${this.file}, line ${this.begin}: not a CSV file: ${reason}`, { cause: error });
    }
  }

  private tooLong(line: number): Error {
    return new DataError(
      `${this.file}, line ${line}: not a CSV file: a record of more than ${LONGEST} characters (a quote not closed?).`,
    );
  }
}

/**
 * What ends the first line of a text, and so every one: a line feed, after a carriage return or not, or a carriage
 * return alone.
 */
function lineEndOf(text: string): '\n' | '\r' | undefined {
  const at = text.search(/[\r\n]/);
  // The line feed that belongs to a carriage return may come with the next piece.
  if (at < 0 || (text[at] === '\r' && at + 1 === text.length)) return undefined;
  return text[at] === '\r' && text[at + 1] !== '\n' ? '\r' : '\n';
}

function countQuotes(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++;
  return count;
}

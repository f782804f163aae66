import { DataError } from '../errors/DataError.js';

/** Longest line accepted, in bytes: more than a `CsvRecords` takes. */
const LONGEST = 2 ** 22;

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** The text of a catalog that comes in pieces of bytes: UTF-8, or UTF-16 where its byte order mark says so. */
export class CatalogText {
  private rest = new Uint8Array(0);
  private encoding: Encoding | undefined;
  /** Line ends before `rest`. */
  private lines = 0;

  constructor(private readonly file: string) {}

  /** The text up to the last line end so far. Throws where bytes are no text. */
  push(bytes: Uint8Array): string {
    const whole = new Uint8Array(this.rest.length + bytes.length);
    whole.set(this.rest);
    whole.set(bytes, this.rest.length);
    if (whole.length >= 2) this.encoding ??= encodingOf(whole);
    const end = this.encoding === undefined ? 0 : afterLastLineEnd(whole, this.encoding);
    this.rest = whole.subarray(end);
    if (this.rest.length > LONGEST)
      throw new DataError(
        `${this.file}, line ${this.lines + 1}: not a CSV file: a line of more than ${LONGEST} bytes.`,
      );
    return this.decode(whole.subarray(0, end));
  }

  /** The last line, when no line end comes after it. */
  end(): string {
    return this.decode(this.rest);
  }

  private decode(bytes: Uint8Array): string {
    const { encoding = 'utf-8' } = this;
    try {
      const text = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
      this.lines += countLineEnds(text);
      return text;
    } catch (error) {
      const lines = new TextDecoder(encoding).decode(bytes).split(/\r\n?|\n/);
      const bad = lines.findIndex((line) => line.includes('\uFFFD'));
      const where = `${this.file}, line ${this.lines + 1 + bad}: bytes that are no`;
      throw new DataError(
        encoding === 'utf-8'
          ? `${where} UTF-8 text, as Latin-1 and Windows-1252 have them. ` +
              'Save the catalog as UTF-8 (in Excel “CSV UTF-8”), ' +
              'or convert it: iconv -f WINDOWS-1252 -t UTF-8 in.csv > out.csv'
          : `${where} UTF-16 text, as which the file begins. Save it as UTF-8.`,
        { cause: error },
      );
    }
  }
}

function encodingOf([first, second]: Uint8Array): Encoding {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

/** Where the text behind the last line end begins; 0 without one. */
function afterLastLineEnd(bytes: Uint8Array, encoding: Encoding): number {
  if (encoding === 'utf-8') return Math.max(bytes.lastIndexOf(10), bytes.lastIndexOf(13)) + 1;
  const [low, high] = encoding === 'utf-16le' ? [0, 1] : [1, 0];
  for (let at = (bytes.length & ~1) - 2; at >= 0; at -= 2) {
    if (bytes[at + high] === 0 && (bytes[at + low] === 10 || bytes[at + low] === 13)) return at + 2;
  }
  return 0;
}

function countLineEnds(text: string): number {
  const end = text.includes('\n') ? '\n' : '\r';
  let count = 0;
  for (let at = text.indexOf(end); at >= 0; at = text.indexOf(end, at + 1)) count++;
  return count;
}

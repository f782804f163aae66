import { DataError } from '../errors/DataError.js';
import { isTransient, requestOf, versionOf } from '../internal/http.js';
import { fetchRange } from './fetchRange.js';
import type { RangeAnswer, RangeRequest } from './RangeRequest.js';
import { shownPath } from './shownPath.js';
import type { ByteRange, TiffSource } from './tiff/TiffSource.js';

/** How remote chips are fetched. */
export interface RemoteOptions {
  /** Times a request is made before it is given up, the first one included; default 4. */
  attempts?: number;
  /** Milliseconds before the second attempt, doubled before each further one; default 250. */
  retryDelay?: number;
  /** Milliseconds after which a request without its whole answer counts as dropped; default 30,000. */
  timeout?: number;
}

/** Largest file taken whole from a server that does not serve parts. */
const LARGEST_WHOLE = 2 ** 28;
/** Bytes fetched at once, at least: the header of a cloud-optimised GeoTIFF, and often the whole chip. */
const LEAST = 2 ** 16;
/** Requests for one file under way at a time. */
const AT_ONCE = 6;

interface Part extends ByteRange {
  bytes: Uint8Array;
  /** The reader that had begun last when it was used last. */
  reader: number;
}

/**
 * A file at an http(s) address, read by range requests. Dropped requests are repeated; parts of two versions of the
 * file, told apart by ETag, date and length, never mix. Credentials in the address are sent as a header.
 */
export class RemoteSource implements TiffSource {
  /** Length of the file, once an answer told it. */
  size = Number.POSITIVE_INFINITY;
  /** Why the last request was given up; the message begins with the address. */
  failure: Error | undefined;
  private readonly shown: string;
  private readonly address: string;
  private readonly headers: Record<string, string>;
  private readonly options: Required<RemoteOptions>;
  private version: string | undefined;
  private parts: Part[] = [];
  /** What is being fetched ahead. */
  private readonly underWay = new Map<ByteRange, Promise<void>>();
  private whole = false;
  /** The number of the reader that began last, and those of all that have not ended. */
  private lastReader = 0;
  private readonly readers = new Set<number>();

  constructor(
    url: string,
    { attempts = 4, retryDelay = 250, timeout = 30_000 }: RemoteOptions,
    private readonly ask: RangeRequest = fetchRange,
  ) {
    this.shown = shownPath(url);
    this.options = { attempts, retryDelay, timeout };
    const { address, headers } = requestOf(url);
    this.address = address;
    this.headers = { ...headers, 'Accept-Encoding': 'identity' };
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    let part = this.held(offset, Math.min(length, this.size - offset));
    if (!part) {
      await this.fetchPart({ offset, length: Math.max(length, LEAST) });
      part = this.held(offset, Math.min(length, this.size - offset));
    }
    return part ?? new Uint8Array(0);
  }

  /**
   * Fetches what `read` will be asked for: ranges that lie close together in one request, several at a time. What
   * another call is fetching is waited for.
   */
  async prefetch(ranges: readonly ByteRange[]): Promise<void> {
    const missing = ranges.filter(({ offset, length }) => !this.held(offset, length));
    const others = missing.map((range) => this.fetching(range));
    const wanted = mergeRanges(missing.filter((_, i) => !others[i]));
    let next = 0;
    const work = async () => {
      while (next < wanted.length && !this.whole) await this.fetchPart(wanted[next++]);
    };
    const own = Promise.all(Array.from({ length: Math.min(AT_ONCE, wanted.length) }, work)).then(() => {});
    for (const range of wanted) this.underWay.set(range, own);
    try {
      await Promise.all([own, ...others]);
    } finally {
      for (const range of wanted) this.underWay.delete(range);
    }
  }

  private fetching({ offset, length }: ByteRange): Promise<void> | undefined {
    for (const [range, done] of this.underWay) {
      if (range.offset <= offset && offset + length <= range.offset + range.length) return done;
    }
    return undefined;
  }

  /** Somebody begins to read. @returns To be called in the end: it forgets what nobody uses any more. */
  begin(): () => void {
    const reader = ++this.lastReader;
    this.readers.add(reader);
    return () => {
      this.readers.delete(reader);
      const oldest = Math.min(...this.readers);
      // What a reader needs has been used since it began.
      if (!this.whole) this.parts = this.parts.filter((part) => part.offset === 0 || part.reader >= oldest);
    };
  }

  private held(offset: number, length: number): Uint8Array | undefined {
    const part = this.parts.find((one) => one.offset <= offset && offset + length <= one.offset + one.length);
    if (part) part.reader = this.lastReader;
    return part?.bytes.subarray(offset - part.offset, offset - part.offset + length);
  }

  private async fetchPart(range: ByteRange): Promise<void> {
    if (this.failure) throw this.failure;
    const { attempts, retryDelay } = this.options;
    let reason = '';
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (attempt > 0) await wait(retryDelay * 2 ** (attempt - 1));
      try {
        const answer = await this.request(range);
        if (answer === undefined) return;
        reason = answer;
      } catch (error) {
        if (this.failure) throw this.failure;
        reason = reasonOf(error);
      }
    }
    throw this.failed(`gave up after ${attempts} attempts: ${reason}.`);
  }

  /** @returns Why the same request may be made again; undefined where it has been answered. */
  private async request({ offset, length }: ByteRange): Promise<string | undefined> {
    const end = Math.min(offset + length, this.size) - 1;
    const headers = { ...this.headers, Range: `bytes=${offset}-${end}` };
    const answer = await this.ask(this.address, headers, this.options.timeout);
    if (answer.status >= 200 && answer.status < 300) {
      await this.receive(answer, offset, end + 1 - offset);
      return undefined;
    }
    await answer.cancel();
    if (answer.status === 416) throw this.failed('the file is empty or cut short.');
    // A text of the server's own may repeat the query.
    const text = /^[A-Za-z' -]{0,40}$/.test(answer.statusText) ? answer.statusText : '';
    const reason = `the server answers ${answer.status} ${text}`.trim();
    if (isTransient(answer.status)) return reason;
    throw this.failed(`${reason}.`);
  }

  private async receive(answer: RangeAnswer, wanted: number, most: number): Promise<void> {
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(answer.header('content-range') ?? '');
    if (answer.status === 206 && !range) throw this.failed('the server sends parts without saying which.');
    const offset = range ? Number(range[1]) : 0;
    if (range && offset !== wanted)
      throw this.failed(`the server sends bytes from ${offset} for those from ${wanted}.`);
    const expected = range ? Number(range[2]) - offset + 1 : undefined;
    if (expected !== undefined && expected > most) {
      throw this.failed(`the server sends ${expected} bytes for the ${most} asked for.`);
    }
    const bytes = await this.receiveBytes(answer, expected);
    if (expected !== undefined && bytes.length !== expected) {
      throw new Error(`${bytes.length} bytes of ${expected} came`);
    }
    if (bytes.length === 0) throw this.failed('the file is empty.');
    const size = range ? (range[3] === '*' ? this.size : Number(range[3])) : bytes.length;
    this.checkVersion(answer, size);
    if (bytes.length < most && offset + bytes.length < size && range) {
      throw this.failed(`the server sends ${bytes.length} bytes for the ${most} asked for.`);
    }
    this.size = size;
    const part = { offset, length: bytes.length, bytes, reader: this.lastReader };
    this.whole = !range;
    this.parts = range ? [...this.parts, part] : [part];
  }

  /** By what comes, not by what the headers say. */
  private async receiveBytes(answer: RangeAnswer, expected: number | undefined): Promise<Uint8Array> {
    const most = expected ?? LARGEST_WHOLE;
    const pieces: Uint8Array[] = [];
    // Of a part no more is expected than was asked for.
    const part = expected === undefined ? undefined : new Uint8Array(expected);
    let length = 0;
    await answer.receive((piece) => {
      if (length + piece.length > most) {
        throw this.failed(
          part
            ? `the server sends more than the ${most} bytes that it promises.`
            : `the server does not serve parts of a file, and this one has more than ${most} bytes.`,
        );
      }
      if (part) part.set(piece, length);
      else pieces.push(piece);
      length += piece.length;
    });
    return part ? part.subarray(0, length) : joined(pieces, length);
  }

  private checkVersion(answer: RangeAnswer, size: number): void {
    const version = versionOf((name) => answer.header(name));
    const known = this.version !== undefined && Number.isFinite(this.size);
    if (known && (version !== this.version || size !== this.size)) {
      throw this.failed('the file has changed on the server while it was read; read it again.');
    }
    this.version = version;
  }

  private failed(reason: string): Error {
    this.failure = new DataError(`${this.shown}: cannot be fetched: ${reason}`);
    return this.failure;
  }
}

/** Ranges in order, those less than one request's least apart as one. */
function mergeRanges(ranges: readonly ByteRange[]): ByteRange[] {
  const merged: ByteRange[] = [];
  for (const { offset, length } of [...ranges].sort((a, b) => a.offset - b.offset)) {
    const last = merged.at(-1);
    if (last && offset <= last.offset + last.length + LEAST) {
      last.length = Math.max(last.length, offset + length - last.offset);
    } else merged.push({ offset, length });
  }
  return merged;
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause, message } = error;
  return cause instanceof Error && cause.message !== '' ? `${message} (${cause.message})` : message;
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

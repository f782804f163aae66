import { CheckpointError } from '../errors/CheckpointError.js';
import { isTransient, requestOf, versionOf } from '../internal/http.js';
import type { ByteSource } from '../interop/ModelFiles.js';

/** Times that a request is made before it is given up. */
const ATTEMPTS = 4;
const FIRST_DELAY = 250;
/** Milliseconds without a byte after which a connection counts as dropped. */
const TIMEOUT = 30_000;
/** Bytes that are read and left aside rather than asking anew. */
const NEAR = 2 ** 20;

/**
 * What a source asks of the files that it is one of: that no other one has an answer open, of which servers grant a
 * few.
 */
export interface Turns {
  take(source: HttpSource): Promise<void>;
}

/**
 * A file at an address, read as one stream: who reads part after part makes one request, and nothing but the part at
 * hand is in memory. A jump asks for what follows by a range; a server without ranges sends all again, of which the
 * beginning is left aside. A dropped connection is taken up where it was, as long as the file is the same.
 */
export class HttpSource implements ByteSource {
  size?: number;
  private version?: string;
  private reader?: ReadableStreamDefaultReader<Uint8Array>;
  private rest: Uint8Array = new Uint8Array(0);
  /** Where the next byte of the answer stands in the file. */
  private position = 0;

  private readonly address: string;
  private readonly headers: Record<string, string>;

  constructor(
    url: string,
    private readonly shown: string,
    private readonly turns: Turns,
  ) {
    const { address, headers } = requestOf(url);
    this.address = address;
    this.headers = headers;
  }

  /** @returns Whether there is such a file. */
  async open(): Promise<boolean> {
    return (await this.retried(() => this.request(0))) !== 404;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    // The size of what is not known may be a lie: then memory is taken as bytes come.
    const parts: Uint8Array[] =
      this.size === undefined ? [] : [new Uint8Array(Math.max(0, Math.min(length, this.size - offset)))];
    let done = 0;
    await this.retried(async () => {
      await this.goTo(offset + done);
      while (done < length) {
        const bytes = await this.next(length - done);
        if (!bytes) break;
        if (this.size === undefined) parts.push(bytes.slice());
        else parts[0].set(bytes, done);
        done += bytes.length;
      }
      if (this.size !== undefined && done < Math.min(length, this.size - offset))
        throw new Error(`the connection ended after ${this.position} of ${this.size} bytes`);
    });
    return parts.length === 1 ? parts[0].subarray(0, done) : joined(parts, done);
  }

  async close(): Promise<void> {
    const { reader } = this;
    this.reader = undefined;
    this.rest = new Uint8Array(0);
    await reader?.cancel().catch(() => undefined);
  }

  /** Brings the answer to where the next byte is wanted. */
  private async goTo(offset: number): Promise<void> {
    const isNear = this.reader && offset >= this.position && offset - this.position <= NEAR;
    if (!isNear && (await this.request(offset)) === 404) throw this.failed('is no longer there.');
    while (this.position < offset) if (!(await this.next(offset - this.position))) return;
  }

  /** The next bytes of the answer, at most so many; undefined at its end. */
  private async next(most: number): Promise<Uint8Array | undefined> {
    while (this.rest.length === 0) {
      const { value } = await inTime(this.reader!.read());
      if (!value) return undefined;
      this.rest = value;
    }
    const bytes = this.rest.subarray(0, most);
    this.rest = this.rest.subarray(bytes.length);
    this.position += bytes.length;
    return bytes;
  }

  /** Asks for the file from `offset` on; afterwards the answer stands there, or at 0 where the server has no ranges. */
  private async request(offset: number): Promise<number> {
    await this.close();
    await this.turns.take(this);
    const controller = new AbortController();
    const headers = offset > 0 ? { ...this.headers, Range: `bytes=${offset}-` } : this.headers;
    const response = await inTime(fetch(this.address, { headers, signal: controller.signal }), controller);
    if (response.status === 404 || response.status === 410) {
      await response.body?.cancel();
      return 404;
    }
    if (response.status === 416) {
      await response.body?.cancel();
      throw this.failed('has changed on the server while it was read.');
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      const answer = `the server answers ${response.status}`;
      if (isTransient(response.status)) throw new Error(answer);
      throw this.failed(`cannot be fetched: ${answer}.`);
    }
    this.reader = response.body.getReader();
    this.position = response.status === 206 ? offset : 0;
    this.checkVersion(response);
    return response.status;
  }

  private checkVersion({ headers, status }: Response): void {
    // Where pages of another origin may see neither, nothing tells a change.
    const version = versionOf((name) => headers.get(name));
    if (this.version !== undefined && version !== this.version)
      throw this.failed('has changed on the server while it was read.');
    this.version = version;
    // The length of packed content is not that of the file.
    const length = headers.get('content-encoding') ? null : headers.get('content-length');
    if (length === null || status === 206) return;
    if (this.size !== undefined && this.size !== Number(length))
      throw this.failed('has changed on the server while it was read.');
    this.size = Number(length);
  }

  private async retried<T>(body: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await body();
      } catch (error) {
        await this.close();
        if (error instanceof CheckpointError) throw error;
        if (attempt === ATTEMPTS) {
          const { message } = error as Error;
          throw this.failed(`cannot be fetched: gave up after ${ATTEMPTS} attempts: ${message}.`, error);
        }
        await new Promise((resolve) => setTimeout(resolve, FIRST_DELAY * 2 ** (attempt - 1)));
      }
    }
  }

  private failed(problem: string, cause?: unknown): CheckpointError {
    return new CheckpointError(`${this.shown} ${problem}`, { cause });
  }
}

async function inTime<T>(waited: Promise<T>, controller?: AbortController): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`nothing came for ${TIMEOUT / 1000} s`));
      controller?.abort();
    }, TIMEOUT);
  });
  try {
    return await Promise.race([waited, late]);
  } finally {
    clearTimeout(timer);
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

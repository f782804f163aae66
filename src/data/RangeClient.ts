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

/** Statuses after which the same request may succeed. */
const TRANSIENT = [408, 425, 429, 500, 502, 503, 504];

interface RangeResponse {
  ok: boolean;
  status: number;
  getHeader(name: string): string | undefined;
  getData(): Promise<ArrayBuffer>;
}

/** Makes geotiff's range requests for one URL: repeats dropped ones, and remembers why one failed, which geotiff does not say. */
export class RangeClient {
  /** Length of the file, once an answer told it. */
  size: number | undefined;
  /** Why the last request was given up; the message begins with the URL. */
  failure: Error | undefined;
  private whole: RangeResponse | undefined;
  private readonly attempts: number;
  private readonly retryDelay: number;
  private readonly timeout: number;

  constructor(
    readonly url: string,
    { attempts = 4, retryDelay = 250, timeout = 30_000 }: RemoteOptions,
  ) {
    this.attempts = attempts;
    this.retryDelay = retryDelay;
    this.timeout = timeout;
  }

  /** The answer with all its bytes. */
  async request({ headers }: RequestInit = {}): Promise<RangeResponse> {
    if (this.whole) return this.whole;
    if (this.failure) throw this.failure;
    let reason = '';
    for (let attempt = 0; attempt < this.attempts; attempt++) {
      if (attempt > 0) await wait(this.retryDelay * 2 ** (attempt - 1));
      try {
        const response = await fetch(this.url, {
          headers: { ...(headers as Record<string, string>), 'Accept-Encoding': 'identity' },
          signal: AbortSignal.timeout(this.timeout),
        });
        if (response.ok) return await this.received(response);
        await response.body?.cancel();
        if (response.status === 416) throw this.failed('the file is empty or cut short.');
        reason = `the server answers ${response.status} ${response.statusText}`.trim();
        if (!TRANSIENT.includes(response.status)) throw this.failed(`${reason}.`);
      } catch (error) {
        if (this.failure) throw this.failure;
        reason = reasonOf(error);
      }
    }
    throw this.failed(`gave up after ${this.attempts} attempts: ${reason}.`);
  }

  private async received(response: Response): Promise<RangeResponse> {
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
    if (response.status === 206 && !range) throw this.failed('the server sends parts without saying which.');
    const announced = Number(response.headers.get('content-length') ?? 0);
    if (!range && announced > LARGEST_WHOLE) {
      await response.body?.cancel();
      throw this.failed(
        `the server does not serve parts of a file, and this one has ${announced} bytes (at most ${LARGEST_WHOLE} are taken whole).`,
      );
    }
    const data = await response.arrayBuffer();
    const expected = range ? Number(range[2]) - Number(range[1]) + 1 : data.byteLength;
    if (data.byteLength !== expected) throw new Error(`${data.byteLength} bytes of ${expected} came`);
    if (data.byteLength === 0) throw this.failed('the file is empty.');
    if (!range) this.size = data.byteLength;
    else if (range[3] !== '*') this.size = Number(range[3]);
    const result: RangeResponse = {
      ok: true,
      status: response.status,
      getHeader: (name) => response.headers.get(name) ?? undefined,
      getData: async () => data,
    };
    if (!range) this.whole = result;
    return result;
  }

  private failed(reason: string): Error {
    this.failure = new Error(`${this.url}: cannot be fetched: ${reason}`);
    return this.failure;
  }
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

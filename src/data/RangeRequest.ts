/** The answer to a request for a part of a file. */
export interface RangeAnswer {
  status: number;
  statusText: string;
  header(name: string): string | null;
  /**
   * Hands on the content piece by piece, as it comes.
   *
   * @throws If the connection ends before, or what `take` throws, which ends it.
   */
  receive(take: (piece: Uint8Array) => void): Promise<void>;
  /** Leaves the content. */
  cancel(): Promise<void>;
}

/** Asks for a file or, by the headers, a part of one. @param timeout Milliseconds for the whole answer. */
export type RangeRequest = (
  address: string,
  headers: Record<string, string>,
  timeout: number,
) => Promise<RangeAnswer>;

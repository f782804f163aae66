/** Bytes of a file. */
export interface ByteRange {
  offset: number;
  length: number;
}

/** A file that is read in parts. */
export interface TiffSource {
  /** Length of the file in bytes; infinite while it is not known. */
  readonly size: number;
  /** Bytes from `offset` on; fewer than `length` where the file ends. They must not be changed. */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
  /** As `read`, for bytes that are used at once: the next call may overwrite them. */
  readBriefly?(offset: number, length: number): Uint8Array;
  /** Told which parts `read` will be asked for next. */
  prefetch?(ranges: readonly ByteRange[]): Promise<void>;
}

/** A file in memory. */
export function memorySource(bytes: ArrayBuffer | Uint8Array): TiffSource {
  const all = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  return { size: all.length, read: (offset, length) => all.subarray(offset, offset + length) };
}

/**
 * Exactly the bytes asked for.
 *
 * @param briefly Whether they are used at once, so that the next call may overwrite them.
 * @throws If the file ends before.
 */
export function readExactly(
  source: TiffSource,
  offset: number,
  length: number,
  briefly = false,
): Uint8Array | Promise<Uint8Array> {
  const end = offset + length;
  const whole = (bytes: Uint8Array) => {
    if (bytes.length === length) return bytes;
    throw new Error(`it is cut short: ${source.size} bytes, at least ${end} expected.`);
  };
  if (end > source.size) return whole(new Uint8Array(0));
  const reading = (briefly && source.readBriefly?.(offset, length)) || source.read(offset, length);
  return reading instanceof Promise ? reading.then(whole) : whole(reading);
}

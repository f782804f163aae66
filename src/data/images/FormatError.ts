import type { RasterFormat } from './imageTypes.js';

/** The error of a file that is of a format, and cannot be read as it; the file is not named. */
export class FormatError extends Error {
  override name = 'FormatError';

  constructor(
    readonly format: RasterFormat,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

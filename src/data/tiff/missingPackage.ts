import { DataError } from '../../errors/DataError.js';

/**
 * The error about an optional package that does not load: the message has the line that installs it.
 *
 * Its `import()` stands within the `try` itself: bundlers then take a package that is not installed for no error.
 *
 * @param use What it is needed for.
 */
export function missingPackage(name: string, use: string, cause: unknown): DataError {
  return new DataError(`for ${use} the package '${name}' is needed: npm install ${name}`, { cause });
}

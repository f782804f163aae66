import { ConfigError } from '../errors/ConfigError.js';

/**
 * Calls `body` and puts the name of a public function before an error about an argument that names none: what several
 * functions share says which argument is wrong, and need not be told who called it.
 */
export function inFunction<T>(functionName: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof ConfigError) || /^[\w.]+: /.test(error.message)) throw error;
    throw new ConfigError(`${functionName}: ${error.message}`);
  }
}

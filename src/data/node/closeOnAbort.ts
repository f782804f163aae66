import { AbortError } from '../../errors/AbortError.js';
import type { ChipTaskRunner } from './ChipLoader.js';

/**
 * Closes runners when a signal says so: what they have under way rejects with an `AbortError`.
 *
 * @returns Stops listening.
 */
export function closeOnAbort(
  functionName: string,
  signal: AbortSignal | undefined,
  runners: readonly ChipTaskRunner[],
): () => void {
  const stop = () => {
    const error = new AbortError(`${functionName}: stopped.`, { cause: signal?.reason });
    for (const runner of runners) void runner.close(error);
  };
  if (signal?.aborted) stop();
  else signal?.addEventListener('abort', stop, { once: true });
  return () => signal?.removeEventListener('abort', stop);
}

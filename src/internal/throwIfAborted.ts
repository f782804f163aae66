import { AbortError } from '../errors/AbortError.js';

/** Throws an `AbortError` with this message if the signal is aborted; its `cause` is the signal's reason. */
export function throwIfAborted(signal: AbortSignal | undefined, message: string): void {
  if (signal?.aborted) throw new AbortError(message, { cause: signal.reason });
}

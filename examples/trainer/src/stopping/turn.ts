import { setImmediate } from 'node:timers/promises';

/**
 * Gives the event loop its turn between two long computations, so that a signal of the system is heard, and throws the
 * reason where the run is to stop. Awaiting a tensor's values is not enough: those of wasm are there at once.
 */
export async function turn(signal?: AbortSignal): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}

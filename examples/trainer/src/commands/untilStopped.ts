import { type StopRequest, stopOnSignals } from '../stopping/stopOnSignals.js';

/**
 * Runs the body of a command and sets the exit status of the process: an error becomes a message and 1; a signal, by
 * which the body ends between two steps, what a shell knows it by.
 *
 * @param body It throws the signal's reason, or an error caused by it, where it ends early.
 */
export async function untilStopped(body: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const signal = stopOnSignals();
  try {
    await body(signal);
  } catch (error) {
    if (signal.aborted && isCausedBy(error, signal.reason)) {
      process.exitCode = (signal.reason as StopRequest).exitCode;
    } else {
      console.error(`error: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
  // What is still waited for, such as a server's answer, must not hold up a command that was asked to stop.
  if (signal.aborted) setTimeout(() => process.exit(), 1000).unref();
}

function isCausedBy(error: unknown, reason: unknown): boolean {
  return error === reason || (error instanceof Error && isCausedBy(error.cause, reason));
}

import { initBackend } from 'diffusion-ssl/backends/node';
import type { BackendOptions } from '../config/addBackendFlags.js';
import { type StopRequest, stopOnSignals } from '../run/stopOnSignals.js';

/**
 * Runs the body of a command on the backend that its flags choose. An error becomes a message and exit status 1, a
 * signal ends it between two steps.
 */
export async function runCommand(
  { backend: device, threads, allowSoftware }: BackendOptions,
  body: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const signal = stopOnSignals();
  try {
    const backend = await initBackend({ device, threads, allowSoftware });
    try {
      await body(signal);
    } finally {
      await backend.dispose();
    }
  } catch (error) {
    if (signal.aborted) process.exitCode = (signal.reason as StopRequest).exitCode;
    else {
      console.error(`error: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
}

import { initBackend } from 'diffusion-ssl/backends/node';
import type { BackendOptions } from '../config/addBackendFlags.js';
import { untilStopped } from './untilStopped.js';

/** Runs the body of a command, as {@link untilStopped} does, on the backend that its flags choose. */
export async function withBackend(
  { backend: device, threads, allowSoftware }: BackendOptions,
  body: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  await untilStopped(async (signal) => {
    const backend = await initBackend({ device, threads, allowSoftware });
    try {
      await body(signal);
    } finally {
      await backend.dispose();
    }
  });
}

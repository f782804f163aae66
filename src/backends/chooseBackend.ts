import * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../errors/BackendError.js';
import { checkOneOf } from '../internal/checks.js';
import type { BackendName, PassedOver, StartedBackend } from './StartedBackend.js';
import { WasmFileError } from './WasmFileError.js';

/** Starts one backend and makes it the current one, or throws what keeps it from that. */
export type BackendStarter = () => Promise<Omit<StartedBackend, 'passedOver'>>;

/**
 * Starts the backend asked for, or the first that works, and reports those before it.
 *
 * @param starters What there is here, best first.
 */
export async function chooseBackend(
  device: 'auto' | BackendName,
  starters: ReadonlyMap<BackendName, BackendStarter>,
): Promise<StartedBackend> {
  checkOneOf('initBackend: device', device, ['auto', ...starters.keys()]);
  const passedOver: PassedOver[] = [];
  for (const [name, start] of starters) {
    if (device !== 'auto' && device !== name) continue;
    try {
      const started = await start();
      await checkResult(started);
      return { ...started, passedOver };
    } catch (error) {
      const reason = (error as Error).message;
      if (device === name || error instanceof WasmFileError)
        throw new BackendError(`initBackend: ${reason}`, { cause: error });
      passedOver.push({ name, reason });
    }
  }
  const list = passedOver.map(({ name, reason }) => `${name}: ${reason}`).join('\n  ');
  throw new BackendError(`initBackend: no backend starts here.\n  ${list}`);
}

/** A backend counts as started when it multiplies: some drivers start and compute nothing. */
async function checkResult({
  name,
  dispose,
}: {
  name: BackendName;
  dispose(): Promise<void>;
}): Promise<void> {
  const product = tf.tidy(() => tf.matMul(tf.fill([2, 64], 0.5), tf.fill([64, 2], 2)));
  try {
    const values = await product.data();
    if (values.some((value) => value !== 64)) {
      throw new BackendError(`backend '${name}' computes ${values.join(', ')} for 64 · 0.5 · 2`);
    }
    product.dispose();
  } catch (error) {
    await dispose();
    throw error;
  }
}

import { createHash } from 'node:crypto';
import type { Bench } from './Bench.js';
import type { Method } from './methods/Method.js';

/** A fingerprint of all that a method's trials depend on besides budget and seed: chips, labels, network, options. */
export function settingsOf(bench: Bench, method: Method): string {
  const { task, scoreEvery } = bench;
  const settings = { task: task.fingerprint, scoreEvery, method: method.name, own: method.settings(bench) };
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 12);
}

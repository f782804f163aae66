import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readSafetensors } from '../../../src/interop/readSafetensors.js';
import { readEvent } from '../../../src/training/node/readEvent.js';
import { readRecords } from '../../../src/training/node/readRecords.js';
import { readCheckpointState } from '../../../src/training/readCheckpointState.js';

/** What is another number each time, in summaries and in the state of checkpoints. */
const TIMES = [
  'seconds',
  'imagesPerSecond',
  'waitShare',
  'peakMemoryBytes',
  'epochSeconds',
  'epochWaitSeconds',
];

/** What a run leaves, file by file, without times and without where it lies: equal for equal runs. */
export function resultsOf(folder: string): Map<string, string> {
  const results = new Map<string, string>();
  const points: string[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, file);
    const bytes = readFileSync(file);
    if (entry.name.startsWith('events.out.tfevents.')) {
      for (const { step, tag } of readRecords(bytes).map(readEvent)) if (tag) points.push(`${tag} ${step}`);
    } else results.set(name, hashOf(withoutTimes(name, bytes)));
  }
  results.set('points of TensorBoard', points.sort().join(', '));
  return results;
}

/** Names of the files in which two runs differ. */
export function differences(expected: Map<string, string>, actual: Map<string, string>): string[] {
  const names = new Set([...expected.keys(), ...actual.keys()]);
  return [...names].filter((name) => expected.get(name) !== actual.get(name));
}

function withoutTimes(name: string, bytes: Buffer): string | Uint8Array {
  if (name === 'training_log.csv') return bytes.toString().replaceAll(/,[^,\n]*$/gm, '');
  if (name === 'summary.json') return JSON.stringify(JSON.parse(bytes.toString()), leaveOutTimes);
  if (!/^(?:latest|best|epoch-\d+)\.safetensors$/.test(name)) return bytes;
  const { tensors } = readSafetensors(bytes);
  const state = readCheckpointState(bytes) as { config: object };
  const config = { ...state.config, data: '', catalog: '' };
  return JSON.stringify([
    [...tensors].map(([key, { data }]) => [
      key,
      hashOf(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
    ]),
    JSON.stringify({ ...state, config }, leaveOutTimes),
  ]);
}

function leaveOutTimes(key: string, value: unknown): unknown {
  return TIMES.includes(key) ? undefined : value;
}

function hashOf(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

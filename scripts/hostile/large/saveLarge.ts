/**
 * Fills a run and writes its checkpoint: saveLarge.ts FOLDER PARAMETERS. Prints the bytes that the process took, before
 * and at most.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { StoredValues } from '../../../src/ops/VariablePacks.js';
import { folderFiles } from '../../../src/training/node/folderFiles.js';
import { writeCheckpoint } from '../../../src/training/writeCheckpoint.js';
import { largeRun, valuesOf } from './largeRun.js';

const [folder, count] = process.argv.slice(2);
const run = largeRun(Number(count));
const { parameters, optimizer, ema } = run;
const stored = (part: number): Map<string, StoredValues> =>
  new Map(
    parameters.map(({ name, variable }, i) => [
      name,
      { length: variable.size, read: async () => valuesOf(part, i) },
    ]),
  );
for (const [i, { variable }] of parameters.entries()) {
  tf.tidy(() => variable.assign(tf.tensor(valuesOf(0, i), variable.shape)));
}
await ema.load(7, stored(1));
await optimizer.load(parameters, {
  step: 7,
  slots: { exp_avg: stored(2), exp_avg_sq: stored(3) },
  scalars: {},
});
const before = process.resourceUsage().maxRSS * 1024;
const begun = performance.now();
await writeCheckpoint(folderFiles(folder), 'latest.safetensors', run, { step: 7 });
const seconds = (performance.now() - begun) / 1000;
console.log(JSON.stringify({ before, peak: process.resourceUsage().maxRSS * 1024, seconds }));

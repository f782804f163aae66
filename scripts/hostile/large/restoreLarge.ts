/**
 * Restores what saveLarge.ts wrote, and compares every value: restoreLarge.ts FOLDER PARAMETERS. Prints what that
 * prints.
 */
import { openTensors } from '../../../src/interop/openTensors.js';
import { folderFiles } from '../../../src/training/node/folderFiles.js';
import { restoreCheckpoint } from '../../../src/training/restoreCheckpoint.js';
import { largeRun, partsOf, valuesOf } from './largeRun.js';

const [folder, count] = process.argv.slice(2);
const run = largeRun(Number(count));
const before = process.resourceUsage().maxRSS * 1024;
const begun = performance.now();
const checkpoint = await openTensors(folderFiles(folder), 'latest.safetensors');
const state = await restoreCheckpoint(checkpoint, run);
await checkpoint.close();
const seconds = (performance.now() - begun) / 1000;
const peak = process.resourceUsage().maxRSS * 1024;
const { optimizer, ema } = run;
if (JSON.stringify([state, optimizer.step, ema.step]) !== '[{"step":7},7,7]')
  throw new Error('another state');
for (const [part, read] of partsOf(run).entries()) {
  for (const i of run.parameters.keys()) {
    if (Buffer.compare(bytesOf(await read(i)), bytesOf(valuesOf(part, i))) !== 0)
      throw new Error(`part ${part} of parameter ${i} is not what was saved`);
  }
}
console.log(JSON.stringify({ before, peak, seconds }));

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

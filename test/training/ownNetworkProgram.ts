/**
 * Trains a network of tf.layers for some steps, writes its checkpoint to the file that the argument names, takes one
 * step more, and prints that step's loss and what the run then holds. `ownNetwork.test.ts` goes on from the file.
 */
import { writeFileSync } from 'node:fs';
import { encodeCheckpoint } from '../../src/training/encodeCheckpoint.js';
import { startTrainingBackend } from '../support/backend.js';
import { ownModel, ownRun, runState, stepOwnRun } from './ownNetwork.js';

await startTrainingBackend();
// tfjs counts layers without a name over all models of a process.
ownModel(5);
const run = ownRun(1);
for (let step = 0; step < 3; step++) await stepOwnRun(run, step);
writeFileSync(process.argv[2], await encodeCheckpoint(run, { step: 3 }));
console.log(JSON.stringify({ loss: await stepOwnRun(run, 3), state: await runState(run) }));

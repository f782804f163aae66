/**
 * Prints a checksum of the parameters after some steps of training on as many threads as the argument says, the names
 * of the process's threads, and the main one's share of the time that the addon's own operations take, and ends by
 * itself. `threadPool.test.ts` runs it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { initBackend } from '../../../src/backends/node/initBackend.js';
import { mse } from '../../../src/losses/mse.js';
import { namedParameters } from '../../../src/models/namedParameters.js';
import { unetAttD } from '../../../src/models/unetAttD.js';
import { attention } from '../../../src/ops/attention.js';
import { AdamW } from '../../../src/optimizers/AdamW.js';

const { threads } = await initBackend({ device: 'node', threads: Number(process.argv[2]) });
const size: [number, number] = [64, 64];
const model = unetAttD({
  ...{ inChannels: 4, filterConfig: [8, 16, 32, 32, 64, 64], useSkipAtt: true },
  ...{ dropoutRate: 0.1, size, seed: 1 },
});
const variables = namedParameters(model).map(({ variable }) => variable);
const [x, noise] = [1, 2].map((seed) => tf.randomNormal([4, ...size, 4], 0, 1, 'float32', seed));
const t = tf.tensor1d([5, 900, 17, 403], 'int32');
const optimizer = new AdamW({ learningRate: 1e-3, weightDecay: 1e-2 });
for (let step = 0; step < 4; step++) {
  const predict = () => model.apply([x, t], { training: true }) as tf.Tensor;
  optimizer.minimize(
    () => mse(predict(), noise),
    false,
    variables.filter(({ trainable }) => trainable),
  );
  // Long enough for threads to fall asleep.
  await setTimeout(20);
}
let checksum = 0;
for (const variable of variables) {
  const words = new Int32Array(Float32Array.from(await variable.data()).buffer);
  for (const word of words) checksum = (Math.imul(checksum, 31) + word) | 0;
}
const tasks = '/proc/self/task';
const names = readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/comm`, 'utf8').trim());

/** Nanoseconds on a processor of each thread so far. */
const times = () =>
  new Map(
    readdirSync(tasks).map((task) => [
      task,
      Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]),
    ]),
  );
const q = tf.randomNormal<tf.Rank.R3>([8, 256, 192]);
const attend = () => attention(q, q, q, { heads: 24 }).dispose();
attend();
const before = times();
for (let i = 0; i < 40; i++) attend();
const spent = [...times()].map(([task, time]) => [task, time - (before.get(task) ?? 0)] as const);
const mainShare = new Map(spent).get(String(process.pid))! / spent.reduce((sum, [, time]) => sum + time, 0);
console.log(JSON.stringify({ threads, checksum, names, mainShare }));

/**
 * One measurement in a process of its own, so that its peak memory is its own:
 * `trainChild.ts prepare NETWORK FOLDER` writes the weights and the batch that both sides load,
 * `trainChild.ts measure NETWORK FOLDER BACKEND THREADS STEPS WARM_UP ALLOW_SOFTWARE LIMIT` loads them and prints a
 * `Measurement` or `NotStarted`, as JSON; it takes fewer steps than STEPS where they would last longer than half of
 * LIMIT seconds.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { initBackend } from 'diffusion-ssl/backends/node';
import { readSafetensors, writeSafetensors } from 'diffusion-ssl/interop';
import { mse } from 'diffusion-ssl/losses';
import { namedParameters } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import { loadModel, makeModel, normalBatch, writeWeights } from './benchModel.js';
import { median } from './median.js';
import { dropoutRate, findNetwork, networks } from './networks.js';
import { peakMemoryBytes } from './peakMemoryBytes.js';
import type { Measured, NotStarted } from './runMeasurement.js';
import { deviceOf, startBackend } from './startBackend.js';

/** What a measurement prints; the time is the median over the steps after the warm-up, with dropout. */
export interface Measurement extends Measured {
  /** Mean squared error of the first training forward, without dropout, summed in double precision. */
  firstLoss: number;
}

const [task, networkName, folder, backend, threads, steps, warmUpSteps, allowSoftware, limit] =
  process.argv.slice(2);
const network = findNetwork(networks, networkName)!;
const batchFile = path.join(folder, 'batch.safetensors');

console.log(JSON.stringify(task === 'prepare' ? await prepare() : await measure(Number(steps))));

async function prepare(): Promise<{ parameters: number }> {
  await initBackend({ device: 'wasm' });
  const model = makeModel(network, 0);
  await writeWeights(model, folder);
  const { batch } = network;
  const t = Int32Array.from({ length: batch }, (_, i) => Math.round((999 * i) / (batch - 1)));
  writeFileSync(
    batchFile,
    writeSafetensors({
      x_t: await normalBatch(network, 1),
      noise: await normalBatch(network, 2),
      t: { dtype: 'I32', shape: [batch], data: t },
    }),
  );
  return { parameters: model.countParams() };
}

async function measure(count: number): Promise<Measurement | NotStarted> {
  const started = await startBackend(backend, Number(threads), allowSoftware === 'true');
  if ('notStarted' in started) return started;
  const { tensors: batch } = readSafetensors(readFileSync(batchFile));
  const upload = (name: string) => {
    const { data, shape, dtype } = batch.get(name)!;
    return tf.tensor(data as Float32Array | Int32Array, shape, dtype === 'I32' ? 'int32' : 'float32');
  };
  const [xT, t, noise] = ['x_t', 't', 'noise'].map(upload);
  const predict = (model: tfl.LayersModel) => model.apply([xT, t], { training: true }) as tf.Tensor;

  const withoutDropout = loadModel(network, 0, folder);
  const first = tf.tidy(() => predict(withoutDropout));
  const firstLoss = meanSquare(await first.data(), await noise.data());
  tf.dispose(first);
  withoutDropout.dispose();

  const model = loadModel(network, dropoutRate, folder);
  const variables = namedParameters(model)
    .filter(({ spec }) => spec.trainable)
    .map(({ variable }) => variable);
  const optimizer = new AdamW({ learningRate: 2e-4, weightDecay: 1e-4 });
  // A software adapter takes minutes a step.
  const warmUp = started.adapter?.software ? 1 : Number(warmUpSteps);
  const seconds: number[] = [];
  const begun = performance.now();
  for (let step = 0; step < warmUp + count; step++) {
    const start = performance.now();
    if (step > warmUp && start - begun > 500 * Number(limit)) break;
    const loss = optimizer.minimize(() => mse(predict(model), noise), true, variables)!;
    await loss.data();
    loss.dispose();
    seconds.push((performance.now() - start) / 1000);
  }
  const device = deviceOf(started);
  await started.dispose();
  const secondsPerStep = median(seconds.slice(warmUp));
  return { firstLoss, secondsPerStep, peakMemoryBytes: peakMemoryBytes(), ...device };
}

function meanSquare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum / a.length;
}

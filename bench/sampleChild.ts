/**
 * One measurement in a process of its own, so that its peak memory is its own:
 * `sampleChild.ts prepare NETWORK FOLDER` writes the weights and the noise that both sides load,
 * `sampleChild.ts measure NETWORK FOLDER BACKEND THREADS RUNS STEPS ALLOW_SOFTWARE RESULT` samples, writes the last
 * samples to the file RESULT and prints a `Measured` or `NotStarted`, as JSON.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { initBackend } from 'diffusion-ssl/backends/node';
import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
import { readSafetensors, writeSafetensors } from 'diffusion-ssl/interop';
import { inferenceModel, namedParameters } from 'diffusion-ssl/models';
import { sampleDdim } from 'diffusion-ssl/samplers';
import { loadModel, makeModel, normalBatch, writeWeights } from './benchModel.js';
import { median } from './median.js';
import { dropoutRate, findNetwork, sampledNetworks } from './networks.js';
import { peakMemoryBytes } from './peakMemoryBytes.js';
import type { Measured, NotStarted } from './runMeasurement.js';
import { deviceOf, startBackend } from './startBackend.js';

const [task, networkName, folder, backend, threads, runs, steps, allowSoftware, resultFile] =
  process.argv.slice(2);
const network = findNetwork(sampledNetworks, networkName)!;
const noiseFile = path.join(folder, 'noise.safetensors');

console.log(JSON.stringify(task === 'prepare' ? await prepare() : await measure(Number(runs))));

/** Weights of the seed, running statistics of some batches, and scales and shifts that are not the initial ones. */
async function prepare(): Promise<{ parameters: number }> {
  await initBackend({ device: 'wasm' });
  const model = makeModel(network, dropoutRate);
  for (const { name, spec, variable } of namedParameters(model)) {
    if (spec.initialization?.type !== 'constant' || !spec.trainable) continue;
    tf.tidy(() =>
      variable.assign(tf.add(variable, tf.randomNormal(spec.shape, 0, 0.1, 'float32', name.length))),
    );
  }
  const { batch } = network;
  for (let i = 0; i < 30; i++) {
    const { data, shape } = await normalBatch(network, i);
    const noise = tf.tensor(data as Float32Array, shape);
    const t = tf.fill([batch], 33 * i, 'int32');
    tf.dispose([model.apply([noise, t], { training: true }) as tf.Tensor, noise, t]);
  }
  await writeWeights(model, folder);
  writeFileSync(noiseFile, writeSafetensors({ noise: await normalBatch(network, 1) }));
  return { parameters: model.countParams() };
}

async function measure(count: number): Promise<Measured | NotStarted> {
  const started = await startBackend(backend, Number(threads), allowSoftware === 'true');
  if ('notStarted' in started) return started;
  const { data, shape } = readSafetensors(readFileSync(noiseFile)).tensors.get('noise')!;
  const model = loadModel(network, dropoutRate, folder);
  const betas = makeBetaSchedule(1000, { type: 'linear', betaStart: 1e-4, betaEnd: 0.02 });
  const { alphaBars } = computeAlphaSchedule(betas);
  const sample = async (steps: number) => {
    const { denoiser, dispose } = inferenceModel(model);
    const samples = await sampleDdim(denoiser, alphaBars, {
      shape,
      steps,
      spacing: 'trailing',
      clip: [0, 1],
      noise: () => tf.tensor(data as Float32Array, shape),
    });
    const values = await samples.data<'float32'>();
    samples.dispose();
    dispose();
    return values;
  };
  await sample(2);
  const seconds: number[] = [];
  let result = new Float32Array();
  for (let run = 0; run < count; run++) {
    const start = performance.now();
    result = (await sample(Number(steps))) as Float32Array<ArrayBuffer>;
    seconds.push((performance.now() - start) / 1000 / Number(steps));
  }
  const device = deviceOf(started);
  await started.dispose();
  writeFileSync(resultFile, writeSafetensors({ samples: { dtype: 'F32', shape, data: result } }));
  return { secondsPerStep: median(seconds), peakMemoryBytes: peakMemoryBytes(), ...device };
}

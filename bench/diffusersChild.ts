/**
 * One measurement in a process of its own: `diffusersChild.ts prepare TASK FOLDER` writes the weights and the inputs
 * that both sides load, `diffusersChild.ts measure TASK FOLDER BACKEND THREADS STEPS` loads them, writes its first
 * result to the folder and prints a `Measured` or `NotStarted`, as JSON.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { initBackend } from 'diffusion-ssl/backends/node';
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from 'diffusion-ssl/interop';
import { mse } from 'diffusion-ssl/losses';
import { decodeLatents, encodeLatents, namedParameters } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import { normalTensor, readWeights, writeWeights } from './benchModel.js';
import { makeDiffusersModel } from './diffusersModel.js';
import { diffusersTasks, type MeasuredTask, TOKENS } from './diffusersTasks.js';
import { median } from './median.js';
import { peakMemoryBytes } from './peakMemoryBytes.js';
import type { NotStarted } from './runMeasurement.js';
import { deviceOf, startBackend } from './startBackend.js';

const [what, taskIndex, folder, backend, threads, steps] = process.argv.slice(2);
const task = diffusersTasks[Number(taskIndex)];
const file = (name: string) => path.join(folder, `${name}.safetensors`);

console.log(JSON.stringify(what === 'prepare' ? await prepare() : await measure(Number(steps))));

async function prepare(): Promise<{ parameters: number }> {
  await initBackend({ device: 'wasm' });
  const model = makeDiffusersModel(task);
  await writeWeights(model, folder);
  const { batch, size, what, className } = task;
  const channels = what === 'encode' ? 3 : 4;
  const shape = [batch, size, size, channels];
  const inputs: Record<string, SafetensorsTensor> = {
    x: await normalTensor(shape, 1),
    noise: await normalTensor(shape, 2),
  };
  inputs.t = { dtype: 'I32', shape: [batch], data: Int32Array.from({ length: batch }, (_, i) => 111 * i) };
  if (className === 'UNet2DConditionModel') inputs.tokens = await normalTensor([batch, ...TOKENS], 3);
  writeFileSync(file('inputs'), writeSafetensors(inputs));
  return { parameters: model.countParams() };
}

async function measure(count: number): Promise<MeasuredTask | NotStarted> {
  const started = await startBackend(backend, Number(threads), false);
  if ('notStarted' in started) return started;
  const model = makeDiffusersModel(task);
  const parameters = namedParameters(model);
  readWeights(model, folder);
  const { tensors } = readSafetensors(readFileSync(file('inputs')));
  const upload = (name: string) => {
    const { data, shape, dtype } = tensors.get(name)!;
    return tf.tensor(data as Float32Array, shape, dtype === 'I32' ? 'int32' : 'float32');
  };
  const [x, noise, t] = ['x', 'noise', 't'].map(upload) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D];
  const classes = tf.tidy(() => tf.mod(tf.range(0, task.batch, 1, 'int32'), 10));
  const condition = task.className === 'UNet2DConditionModel' ? upload('tokens') : classes;
  const run = (): tf.Tensor => {
    if (task.what === 'decode') return decodeLatents(model, x);
    if (task.what === 'encode') {
      const { mean, logvar, std } = encodeLatents(model, x);
      tf.dispose([logvar, std]);
      return mean;
    }
    return model.apply([x, t, condition], { training: task.what === 'train' }) as tf.Tensor;
  };
  const first = run();
  const result = { dtype: 'F32' as const, shape: first.shape, data: await first.data<'float32'>() };
  writeFileSync(file(`result-${backend}-${threads}`), writeSafetensors({ result }));
  first.dispose();

  const variables = parameters.filter(({ spec }) => spec.trainable).map(({ variable }) => variable);
  const optimizer = new AdamW({ learningRate: 2e-4, weightDecay: 1e-4 });
  const step = () =>
    task.what === 'train'
      ? optimizer.minimize(() => mse(run(), noise) as tf.Scalar, true, variables)!
      : run();
  const seconds: number[] = [];
  const processors: number[] = [];
  for (let i = 0; i < count + 1; i++) {
    const before = process.cpuUsage();
    const start = performance.now();
    const value = step();
    await value.data();
    value.dispose();
    seconds.push((performance.now() - start) / 1000);
    const { user, system } = process.cpuUsage(before);
    processors.push((user + system) / 1e6);
  }
  const device = deviceOf(started);
  await started.dispose();
  const [secondsPerStep, processorSecondsPerStep] = [seconds, processors].map((all) => median(all.slice(1)));
  return { secondsPerStep, processorSecondsPerStep, peakMemoryBytes: peakMemoryBytes(), ...device };
}

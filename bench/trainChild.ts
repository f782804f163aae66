/**
 * One measurement in a process of its own, so that its peak memory is its own:
 * `trainChild.ts prepare NETWORK FOLDER` writes the weights and the batch that both sides load,
 * `trainChild.ts measure NETWORK FOLDER BACKEND THREADS STEPS ALLOW_SOFTWARE` loads them and prints a `Measurement` or `NotStarted`, as JSON.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {
  type BackendName,
  initBackend,
  type StartedBackend,
  type WebGpuAdapter,
} from 'diffusion-ssl/backends/node';
import {
  loadTorchStateDict,
  readSafetensors,
  type SafetensorsTensor,
  toTorchStateDict,
  writeSafetensors,
} from 'diffusion-ssl/interop';
import { mse } from 'diffusion-ssl/losses';
import { namedParameters, unetAttD } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import {
  type BenchNetwork,
  blockNum,
  dropoutRate,
  inChannels,
  networks,
  timeEmbeddingDim,
} from './networks.js';
import { peakMemoryBytes } from './peakMemoryBytes.js';

/** What a measurement prints. */
export interface Measurement {
  /** Mean squared error of the first training forward, without dropout, summed in double precision. */
  firstLoss: number;
  /** Median over the steps after the warm-up, with dropout. */
  secondsPerStep: number;
  peakMemoryBytes: number;
  threads: number | null;
  /** Name of the graphics processor, and whether it computes on the processor. */
  adapter?: string;
  software?: boolean;
}

/** What a measurement prints when the backend does not start here. */
export interface NotStarted {
  notStarted: string;
}

const warmUp = 2;

const [task, networkIndex, folder, backend, threads, steps, allowSoftware] = process.argv.slice(2);
const network = networks[Number(networkIndex)];
const weightsFile = path.join(folder, 'weights.safetensors');
const batchFile = path.join(folder, 'batch.safetensors');

console.log(JSON.stringify(task === 'prepare' ? await prepare() : await measure(Number(steps))));

function makeModel({ filterConfig, size }: BenchNetwork, rate: number) {
  return unetAttD({
    inChannels,
    filterConfig,
    blockNum,
    upmode: 'deconv_2',
    useSkipAtt: true,
    timeEmbeddingDim,
    dropoutRate: rate,
    size: [size, size],
    seed: 1,
  });
}

async function prepare(): Promise<{ parameters: number }> {
  await initBackend({ device: 'wasm' });
  const model = makeModel(network, 0);
  writeFileSync(weightsFile, writeSafetensors(await toTorchStateDict(namedParameters(model))));
  const shape = [network.batch, network.size, network.size, inChannels];
  const normal = async (seed: number): Promise<SafetensorsTensor> => {
    const data = (await tf.randomNormal(shape, 0, 1, 'float32', seed).data()) as Float32Array;
    return { dtype: 'F32', shape, data };
  };
  const t = Int32Array.from({ length: network.batch }, (_, i) => Math.round((999 * i) / (network.batch - 1)));
  writeFileSync(
    batchFile,
    writeSafetensors({
      x_t: await normal(1),
      noise: await normal(2),
      t: { dtype: 'I32', shape: [network.batch], data: t },
    }),
  );
  return { parameters: model.countParams() };
}

async function measure(count: number): Promise<Measurement | NotStarted> {
  let started: StartedBackend;
  try {
    started = await initBackend({
      device: backend as BackendName,
      threads: Number(threads),
      allowSoftware: allowSoftware === 'true',
    });
  } catch (error) {
    return { notStarted: (error as Error).message };
  }
  const { tensors: batch } = readSafetensors(readFileSync(batchFile));
  const upload = (name: string) => {
    const { data, shape, dtype } = batch.get(name)!;
    return tf.tensor(data as Float32Array | Int32Array, shape, dtype === 'I32' ? 'int32' : 'float32');
  };
  const [xT, t, noise] = ['x_t', 't', 'noise'].map(upload);
  const load = (rate: number) => {
    const model = makeModel(network, rate);
    loadTorchStateDict(namedParameters(model), readSafetensors(readFileSync(weightsFile)).tensors);
    return model;
  };
  const predict = (model: ReturnType<typeof makeModel>) =>
    model.apply([xT, t], { training: true }) as tf.Tensor;

  const withoutDropout = load(0);
  const first = tf.tidy(() => predict(withoutDropout));
  const firstLoss = meanSquare(await first.data(), await noise.data());
  tf.dispose(first);
  withoutDropout.dispose();

  const model = load(dropoutRate);
  const variables = namedParameters(model)
    .filter(({ spec }) => spec.trainable)
    .map(({ variable }) => variable);
  const optimizer = new AdamW({ learningRate: 2e-4, weightDecay: 1e-4 });
  const seconds: number[] = [];
  for (let step = 0; step < warmUp + count; step++) {
    const start = performance.now();
    const loss = optimizer.minimize(() => mse(predict(model), noise), true, variables)!;
    await loss.data();
    loss.dispose();
    seconds.push((performance.now() - start) / 1000);
  }
  const timed = seconds.slice(warmUp).sort((a, b) => a - b);
  const middle = (timed[(timed.length - 1) >> 1] + timed[timed.length >> 1]) / 2;
  await started.dispose();
  const measured = { firstLoss, secondsPerStep: middle, peakMemoryBytes: peakMemoryBytes() };
  const { adapter } = started;
  if (!adapter) return { ...measured, threads: started.threads };
  return { ...measured, threads: null, adapter: nameOf(adapter), software: adapter.software };
}

/** What the driver calls it; browsers and some drivers tell only a family. */
function nameOf({ description, vendor, architecture }: WebGpuAdapter): string {
  return description || `${vendor} ${architecture}`;
}

function meanSquare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum / a.length;
}

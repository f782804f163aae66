/**
 * Where the time of a training step goes, kernel by kernel, beside the machine's rate of matrix products. See
 * README.md.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, initBackend } from 'diffusion-ssl/backends/node';
import { mse } from 'diffusion-ssl/losses';
import { namedParameters } from 'diffusion-ssl/models';
import { conv2d } from 'diffusion-ssl/ops';
import { AdamW } from 'diffusion-ssl/optimizers';
import { makeModel } from './benchModel.js';
import { countFamilyFlops } from './countFamilyFlops.js';
import { makeDiffusersModel } from './diffusersModel.js';
import { diffusersTasks, TOKENS } from './diffusersTasks.js';
import { type KernelCall, KernelTimer } from './KernelTimer.js';
import { families } from './kernelFamily.js';
import { median } from './median.js';
import { type BenchNetwork, dropoutRate, inChannels, networkName, networks } from './networks.js';
import { peakMemoryBytes } from './peakMemoryBytes.js';
import { makeStockModel } from './stockModel.js';

const { values: options } = parseArgs({
  options: {
    network: { type: 'string', default: '1' },
    backend: { type: 'string', default: 'wasm' },
    threads: { type: 'string', default: '1' },
    kernels: { type: 'string', default: 'on' },
    layers: { type: 'string', default: 'own' },
    steps: { type: 'string', default: '5' },
    shapes: { type: 'string', default: '0' },
    batch: { type: 'string' },
    size: { type: 'string' },
    filters: { type: 'string' },
    json: { type: 'string' },
  },
});
/** A task of the benchmark beside diffusers, where `--network` names its network, or one of the three networks. */
const task = diffusersTasks.find(({ name }) => name.split(',')[0] === options.network);
const network = chooseNetwork();
const title = task ? `${task.name} ${task.size}×${task.size} batch ${task.batch}` : networkName(network);
const steps = Number(options.steps);
const stock = options.layers === 'stock';

const started = await initBackend({
  device: options.backend as BackendName,
  threads: Number(options.threads),
  kernels: options.kernels !== 'off',
});
const timer = new KernelTimer();
const step = makeStep(network);
const product = makeProduct();

// The first step makes the optimizer's state, the second is where the timer learns the kernels.
await step();
await timer.record(step);
const walls: number[] = [];
const rates: number[] = [];
const recorded: KernelCall[][] = [];
for (let i = 0; i < steps; i++) {
  const start = performance.now();
  recorded.push(await timer.record(step));
  walls.push(performance.now() - start);
  rates.push(...(await product()));
}
await started.dispose();
report();

function chooseNetwork(): BenchNetwork {
  const base = networks[task ? 0 : Number(options.network) - 1];
  if (!base)
    throw new Error(`--network takes a number from 1 to ${networks.length}, unet2d or unet2dCondition`);
  if (task) return { ...base, size: task.size, batch: task.batch };
  const first = Number(options.filters ?? base.filterConfig[0]);
  return {
    filterConfig: base.filterConfig.map((_, level) => first * 2 ** level),
    size: Number(options.size ?? base.size),
    batch: Number(options.batch ?? base.batch),
  };
}

/** The step of `trainChild.ts`, on random weights and values. */
function makeStep(network: BenchNetwork): () => Promise<void> {
  const { batch, size } = network;
  const model = task
    ? makeDiffusersModel(task)
    : stock
      ? makeStockModel(network)
      : makeModel(network, dropoutRate);
  const shape: [number, number, number, number] = [batch, size, size, inChannels];
  const xT = tf.randomNormal(shape, 0, 1, 'float32', 1);
  const noise = tf.randomNormal(shape, 0, 1, 'float32', 2);
  const t = tf.reshape(tf.range(0, batch, 1, 'int32'), stock ? [batch, 1] : [batch]);
  const tokens = task?.className === 'UNet2DConditionModel';
  const conditions = tokens ? [tf.randomNormal([batch, ...TOKENS], 0, 1, 'float32', 5)] : task ? [t] : [];
  const variables = namedParameters(model)
    .filter(({ spec }) => spec.trainable)
    .map(({ variable }) => variable);
  const optimizer = new AdamW({ learningRate: 2e-4, weightDecay: 1e-4 });
  return async () => {
    const loss = optimizer.minimize(
      () => mse(model.apply([xT, t, ...conditions], { training: true }) as tf.Tensor, noise),
      true,
      variables,
    )!;
    await loss.data();
    loss.dispose();
  };
}

/** Rates of a matrix product of 2304 × 256 by 256 × 256, as a convolution, in GFLOP/s. */
function makeProduct(): () => Promise<number[]> {
  const x = tf.randomNormal<tf.Rank.R4>([1, 48, 48, 256], 0, 1, 'float32', 3);
  const filter = tf.randomNormal<tf.Rank.R4>([1, 1, 256, 256], 0, 1, 'float32', 4);
  return async () => {
    const found: number[] = [];
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      const y = conv2d(x, filter);
      found.push((2 * 48 * 48 * 256 * 256) / 1e6 / (performance.now() - start));
      y.dispose();
    }
    return found;
  };
}

function report(): void {
  const milliseconds = median(walls);
  const peak = median(rates);
  const flops = stock || task ? {} : countFamilyFlops(network);
  const rows = families.map((family) => {
    const calls = recorded.map((step) => step.filter((call) => call.family === family));
    const ms = median(calls.map(sum));
    // Of networks of diffusers, those of the kernels that have been called.
    const counted = task ? calls[0].reduce((total, call) => total + call.flops, 0) : (flops[family] ?? 0);
    const gflops = counted === 0 ? null : counted / 1e6 / ms;
    return { family, calls: calls[0].length, milliseconds: ms, gflops, ofPeak: gflops && gflops / peak };
  });
  const outside = median(recorded.map((step, i) => walls[i] - sum(step)));
  const shapes = shapeRows().slice(0, Number(options.shapes));
  console.log(
    `${title}${stock ? ', layers of tf.layers' : ''}, ${options.backend}` +
      `${options.kernels === 'off' ? ' without kernels of our own' : ''}, ` +
      `threads: ${started.threads}, Node ${process.version}\n` +
      `${milliseconds.toFixed(1)} ms a step, peak memory ${(peakMemoryBytes() / 1e6).toFixed(0)} MB, ` +
      `matrix product ${peak.toFixed(1)} GFLOP/s`,
  );
  print('', 'ms', 'calls', 'GFLOP/s', 'of product');
  for (const { family, calls, milliseconds: ms, gflops, ofPeak } of rows) {
    const rate = gflops === null ? ['', ''] : [gflops.toFixed(1), ofPeak!.toFixed(2)];
    if (calls > 0) print(family, ms.toFixed(1), String(calls), ...rate);
  }
  print('JavaScript outside kernels', outside.toFixed(1));
  for (const { kernel, calls, milliseconds: ms, gflops } of shapes) {
    print(kernel, ms.toFixed(2), String(calls), gflops?.toFixed(1) ?? '');
  }
  if (options.json) {
    const { backend, kernels } = options;
    const configuration = {
      network: title,
      layers: options.layers,
      backend,
      kernels,
      threads: started.threads,
    };
    const figures = { node: process.version, milliseconds, peakMemoryBytes: peakMemoryBytes() };
    const result = {
      ...configuration,
      ...figures,
      productGflops: peak,
      outsideKernels: outside,
      rows,
      shapes,
    };
    writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  }
}

/** Kernels of the same name on inputs of the same shapes, the longest first; times are of all calls in a step. */
function shapeRows() {
  const groups = new Map<string, number[]>();
  for (const [i, { name, shapes }] of recorded[0].entries()) {
    const key = `${name} ${shapes}`;
    groups.set(key, [...(groups.get(key) ?? []), i]);
  }
  const rows = [...groups].map(([kernel, indexes]) => {
    const ms = median(recorded.map((step) => sum(indexes.map((i) => step[i]))));
    const flops = indexes.reduce((total, i) => total + recorded[0][i].flops, 0);
    return { kernel, calls: indexes.length, milliseconds: ms, gflops: flops ? flops / 1e6 / ms : null };
  });
  return rows.sort((a, b) => b.milliseconds - a.milliseconds);
}

function sum(calls: readonly KernelCall[]): number {
  return calls.reduce((total, { milliseconds }) => total + milliseconds, 0);
}

function print(name: string, ...cells: string[]): void {
  console.log(`${name.padEnd(72)}${cells.map((cell) => cell.padStart(11)).join('')}`);
}

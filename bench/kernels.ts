/**
 * Where the time of a training step goes: every kernel of the backend is timed while a network of `networks.ts` trains, and
 * summed by family. `bench/kernels.ts NETWORK THREADS STEPS`.
 */
import * as tf from '@tensorflow/tfjs-core';
import { initBackend } from 'diffusion-ssl/backends/node';
import { mse } from 'diffusion-ssl/losses';
import { namedParameters, unetAttD } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import { blockNum, dropoutRate, inChannels, networks, timeEmbeddingDim } from './networks.js';

const [networkNumber = '1', threads = '2', steps = '5', detail = '', kernelsFlag = ''] =
  process.argv.slice(2);
const { filterConfig, size, batch } = networks[Number(networkNumber) - 1];
const started = await initBackend({
  device: 'wasm',
  threads: Number(threads),
  ...(kernelsFlag === 'stock' ? { kernels: false } : {}),
});

const times = new Map<string, { seconds: number; calls: number }>();
let inside = 0;
for (const config of tf.getKernelsForBackend(tf.getBackend())) {
  const { kernelName, backendName, kernelFunc } = config;
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({
    ...config,
    kernelFunc: (params) => {
      const start = performance.now();
      const nested = inside;
      inside = 0;
      const result = kernelFunc(params);
      const whole = performance.now() - start;
      const own = whole - inside;
      inside = nested + whole;
      let key = kernelName;
      if (detail) {
        const shapes = Object.values(params.inputs)
          .slice(0, 2)
          .map((t) => (t as tf.TensorInfo)?.shape?.join('x'));
        key += ` ${shapes.join(' ')}`;
      }
      const entry = times.get(key) ?? { seconds: 0, calls: 0 };
      entry.seconds += own / 1000;
      entry.calls++;
      times.set(key, entry);
      return result;
    },
  });
}

const model = unetAttD({
  ...{
    inChannels,
    filterConfig,
    blockNum,
    upmode: 'deconv_2',
    useSkipAtt: true,
    timeEmbeddingDim,
    dropoutRate,
  },
  ...{ size: [size, size], seed: 1 },
});
const shape: [number, number, number, number] = [batch, size, size, inChannels];
const xT = tf.randomNormal(shape, 0, 1, 'float32', 1);
const noise = tf.randomNormal(shape, 0, 1, 'float32', 2);
const t = tf.tensor1d(
  Array.from({ length: batch }, (_, i) => Math.round((999 * i) / (batch - 1))),
  'int32',
);
const variables = namedParameters(model)
  .filter(({ spec }) => spec.trainable)
  .map(({ variable }) => variable);
const optimizer = new AdamW({ learningRate: 2e-4, weightDecay: 1e-4 });
const step = async () => {
  const loss = optimizer.minimize(
    () => mse(model.apply([xT, t], { training: true }) as tf.Tensor, noise),
    true,
    variables,
  )!;
  await loss.data();
  loss.dispose();
};
await step();
await step();
const warm = new Map([...times].map(([k, v]) => [k, { ...v }]));
const walls: number[] = [];
for (let i = 0; i < Number(steps); i++) {
  const s = performance.now();
  await step();
  walls.push(performance.now() - s);
}
const total = walls.reduce((a, b) => a + b, 0) / walls.length;
const rows = [...times].map(([name, { seconds, calls }]) => {
  const before = warm.get(name) ?? { seconds: 0, calls: 0 };
  return {
    name,
    ms: ((seconds - before.seconds) * 1000) / walls.length,
    calls: (calls - before.calls) / walls.length,
  };
});
rows.sort((a, b) => b.ms - a.ms);
const kernelMs = rows.reduce((a, b) => a + b.ms, 0);
console.log(
  `network ${networkNumber}, ${started.threads} threads: ${total.toFixed(1)} ms a step (min ${Math.min(...walls).toFixed(1)}), kernels ${kernelMs.toFixed(1)}`,
);
for (const { name, ms, calls } of rows.slice(0, detail ? 60 : 30))
  console.log(`${ms.toFixed(2).padStart(9)} ${calls.toFixed(0).padStart(5)}  ${name}`);
process.exit(0);

/**
 * A training step of the tutorial's network of 636.8 million parameters: time and memory, what is saved after it as a
 * checkpoint and as a model folder, and that each is loaded in a process of its own. See README.md.
 */
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, initBackend } from 'diffusion-ssl/backends/node';
import { weightsFingerprint } from 'diffusion-ssl/features';
import { openTensors } from 'diffusion-ssl/interop';
import { mse } from 'diffusion-ssl/losses';
import { enableGradientCheckpointing, namedParameters, unetAttD } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import { fromPretrained, savePretrained } from 'diffusion-ssl/pretrained';
import { restoreCheckpoint, writeCheckpoint } from 'diffusion-ssl/training';
import { folderFiles } from 'diffusion-ssl/training/node';
import { dropoutRate, inChannels } from './networks.js';
import { peakMemoryBytes } from './peakMemoryBytes.js';

const { values: options } = parseArgs({
  options: {
    backend: { type: 'string', default: 'node' },
    threads: { type: 'string', default: '2' },
    batch: { type: 'string', default: '8' },
    size: { type: 'string', default: '224' },
    steps: { type: 'string', default: '1' },
    filters: { type: 'string', default: '64,256,512,1024,2048,4096' },
    'gradient-checkpointing': { type: 'boolean', default: false },
    load: { type: 'string' },
    save: { type: 'string' },
    'load-model': { type: 'string' },
    'save-model': { type: 'string' },
  },
});
const [batch, size] = [Number(options.batch), Number(options.size)];
const started = await initBackend({
  device: options.backend as BackendName,
  threads: Number(options.threads),
});
const config = {
  ...{ inChannels, dropoutRate, seed: 1, size: [size, size] as [number, number] },
  filterConfig: options.filters.split(',').map(Number),
};
const folder = options['load-model'];
const model = folder ? (await fromPretrained(folderFiles(folder))).model : unetAttD(config);
if (options['gradient-checkpointing']) enableGradientCheckpointing(model);
const parameters = namedParameters(model);
const variables = parameters.filter(({ spec }) => spec.trainable).map(({ variable }) => variable);
const optimizer = new AdamW({ learningRate: 2e-4, weightDecay: 1e-4 });
tell(`${(model.countParams() / 1e6).toFixed(1)} million parameters`);
if (folder) tell(`loaded the model, weights ${await weightsFingerprint(parameters)}`);

if (options.load) {
  const latest = await openTensors(folderFiles(options.load), 'latest.safetensors');
  const { step } = (await restoreCheckpoint(latest, { parameters, optimizer })) as { step: number };
  await latest.close();
  tell(`loaded step ${step}, weights ${await weightsFingerprint(parameters)}`);
}
const shape: [number, number, number, number] = [batch, size, size, inChannels];
const [xT, noise] = [1, 2].map((seed) => tf.randomNormal(shape, 0, 1, 'float32', seed));
const t = tf.range(0, batch, 1, 'int32');
for (let step = 1; step <= Number(options.steps); step++) {
  const start = performance.now();
  const loss = optimizer.minimize(
    () => mse(model.apply([xT, t], { training: true }) as tf.Tensor, noise) as tf.Scalar,
    true,
    variables,
  )!;
  const [value] = await loss.data();
  loss.dispose();
  tell(`step ${step}: loss ${value}, ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
if (options.save) {
  const state = { step: Number(options.steps) };
  await writeCheckpoint(folderFiles(options.save), 'latest.safetensors', { parameters, optimizer }, state);
  tell(`saved, weights ${await weightsFingerprint(parameters)}`);
}
if (options['save-model']) {
  await savePretrained(model, folderFiles(options['save-model']), {
    config,
    bands: Array.from({ length: inChannels }, (_, i) => ({ name: `band ${i + 1}` })),
    diffusion: { schedule: 'linear', timesteps: 1000, predictionType: 'noise' },
    normalization: { strategy: 'z_value', procedure: 'lpb' },
  });
  tell(`saved the model, weights ${await weightsFingerprint(parameters)}`);
}
await started.dispose();

function tell(what: string): void {
  const memory = `peak memory ${(peakMemoryBytes() / 2 ** 30).toFixed(2)} GiB`;
  console.log(`${(performance.now() / 1000).toFixed(0)} s: ${what}; ${memory}`);
}

/**
 * A network of your own with two conditions, from the first step to samples: tf.layers, a class and a number as
 * conditions that training drops now and then, a moving average, checkpoints from which a killed run goes on bit for
 * bit, guided samples, and a check that the conditions act. Run as: tsx own-network.ts FOLDER STEPS, again to go on.
 */
import { writeFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { initBackend } from 'diffusion-ssl/backends/node';
import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
import { openTensors, saveTensors, storedStateDict } from 'diffusion-ssl/interop';
import { TimeEmbedding } from 'diffusion-ssl/layers';
import { inferenceModel, layersDenoiser, namedParameters } from 'diffusion-ssl/models';
import { randomIntegers, randomNormal, randomUniform } from 'diffusion-ssl/ops';
import { AdamW } from 'diffusion-ssl/optimizers';
import { guideDenoiser, sampleDpmPlusPlus2M } from 'diffusion-ssl/samplers';
import {
  conditionEffect,
  dropCondition,
  ExponentialMovingAverage,
  restoreCheckpoint,
  trainStep,
  writeCheckpoint,
} from 'diffusion-ssl/training';
import { folderFiles } from 'diffusion-ssl/training/node';

const [folder = 'runs/own-network', steps = '400'] = process.argv.slice(2);
const [BATCH, SIZE, SEED] = [16, 16, 1];

/** The data: chips of water, forest and sand under more or less cloud, made anew for each step. */
const colours = [
  [-0.8, -0.6, -0.1],
  [-0.7, -0.1, -0.6],
  [0.5, 0.3, 0.0],
];
const BANDS = colours[0].length;
function makeBatch(step: number, purpose = 0) {
  const key = (stream: number) => ({ seed: SEED, stream: stream + purpose, step });
  const land = randomIntegers(BATCH, colours.length, key(1));
  return tf.tidy(() => {
    const cloud = randomUniform([BATCH], key(2));
    const share = tf.reshape(cloud, [BATCH, 1, 1, 1]);
    const colour = tf.tensor(
      Array.from(land, (index) => colours[index]),
      [BATCH, 1, 1, BANDS],
    );
    const texture = tf.mul(randomNormal([BATCH, SIZE, SIZE, BANDS], key(3)), 0.1);
    const t = randomIntegers(BATCH, 1000, key(4), { stratified: true });
    const noise = randomNormal([BATCH, SIZE, SIZE, BANDS], key(5));
    // A number and whether it is known: no cloud is another thing than nothing known of clouds.
    const condition = { land: tf.tensor1d(land, 'int32'), cloud: tf.stack([cloud, tf.onesLike(cloud)], 1) };
    return { x0: tf.add(tf.add(tf.mul(colour, tf.sub(1, share)), share), texture), t, noise, condition };
  });
}

/** The network: its inputs are x, t and the conditions by name. Names of layers are those of weights in files. */
function makeNetwork(): tfl.LayersModel {
  const { layers } = tfl;
  const initial = (seed: number) => tfl.initializers.heNormal({ seed });
  const to = (layer: tfl.layers.Layer, ...inputs: tfl.SymbolicTensor[]) =>
    layer.apply(inputs.length === 1 ? inputs[0] : inputs) as tfl.SymbolicTensor;
  const conv = (name: string, filters: number, seed: number, strides = 1) => {
    const kernelInitializer = initial(seed);
    return layers.conv2d({ name, filters, kernelSize: 3, strides, padding: 'same', kernelInitializer });
  };
  const swish = () => layers.activation({ activation: 'swish' });
  const x = tfl.input({ shape: [SIZE, SIZE, BANDS], name: 'x' });
  const t = tfl.input({ shape: [1], name: 't' });
  const land = tfl.input({ shape: [1], dtype: 'int32', name: 'land' });
  const cloud = tfl.input({ shape: [2], name: 'cloud' });

  const embeddingsInitializer = tfl.initializers.randomNormal({ seed: 1, stddev: 1 });
  const embedding = layers.embedding({ name: 'classes', inputDim: 4, outputDim: 32, embeddingsInitializer });
  const told = to(
    layers.add(),
    to(new TimeEmbedding({ name: 'time', embeddingDim: 32, channels: 32, seed: SEED }), t),
    to(layers.flatten(), to(embedding, land)),
    to(layers.dense({ name: 'cloudiness', units: 32, kernelInitializer: initial(2) }), cloud),
  );
  const mixed = to(
    swish(),
    to(layers.dense({ name: 'mix', units: 32, kernelInitializer: initial(3) }), told),
  );
  const skip = to(swish(), to(conv('stem', 16, 4), x));
  let y = to(layers.batchNormalization({ name: 'norm' }), to(conv('down', 32, 5, 2), skip));
  y = to(swish(), to(layers.add(), y, to(layers.reshape({ targetShape: [1, 1, 32] }), mixed)));
  y = to(layers.dropout({ name: 'drop', rate: 0.1 }), to(swish(), to(conv('deep', 32, 6), y)));
  const kernelInitializer = initial(7);
  y = to(
    layers.conv2dTranspose({ name: 'up', filters: 16, kernelSize: 2, strides: 2, kernelInitializer }),
    y,
  );
  y = to(conv('out', BANDS, 8), to(layers.concatenate(), skip, to(swish(), y)));
  return tfl.model({ inputs: [x, t, land, cloud], outputs: y });
}

await initBackend();
const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000));
const predictionType = 'x0';
const model = makeNetwork();
const denoiser = layersDenoiser(model);
const parameters = namedParameters(model);
const trained = parameters.filter(({ spec }) => spec.trainable);
const optimizer = new AdamW({ learningRate: 3e-3 });
const ema = new ExponentialMovingAverage(parameters, 0.98);
/** What stands for an unknown class, and for an unknown number. */
const unconditional = { land: colours.length, cloud: tf.tensor1d([0, 0]) };

const files = folderFiles(folder);
let step = 0;
if ((await files.list()).includes('latest.safetensors')) {
  const latest = await openTensors(files, 'latest.safetensors');
  ({ step } = (await restoreCheckpoint(latest, { parameters, optimizer, ema })) as { step: number });
  await latest.close();
  console.log(`going on after step ${step}`);
}
while (step < Number(steps)) {
  const { condition: whole, ...batch } = makeBatch(step);
  const dropping = { probability: { land: 0.1, cloud: 0.1 }, together: 0.1, unconditional, seed: SEED, step };
  const condition = dropCondition(whole, dropping);
  const options = {
    optimizer,
    parameters: trained,
    alphaBars,
    predictionType,
    maxGradientNorm: 1,
    step,
  } as const;
  const { loss } = await trainStep(denoiser, [{ ...batch, condition }], options);
  ema.update();
  step++;
  tf.dispose([batch.x0, batch.noise, whole, condition]);
  if (step % 20 > 0 && step < Number(steps)) continue;
  await writeCheckpoint(files, 'latest.safetensors', { parameters, optimizer, ema }, { step });
  console.log(`step ${step}, loss ${loss.toFixed(4)}`);
}

await ema.apply(async () => {
  await saveTensors(files, 'weights.safetensors', storedStateDict(parameters));

  // Do the conditions act? What the loss gains by each, in its standard errors.
  const batches = Array.from({ length: 8 }, (_, i) => makeBatch(i, 100));
  const effect = await conditionEffect(denoiser, batches, { alphaBars, predictionType, bins: 5 });
  for (const [name, { increase, standardError }] of Object.entries(effect.fields)) {
    console.log(`${name}: ${(increase / standardError).toFixed(1)} standard errors`);
  }
  await writeFile(`${folder}/condition-effect.json`, JSON.stringify(effect, null, 2));

  // Samples of each class without cloud, guided away from no condition at all.
  const condition = {
    land: tf.tensor1d([0, 1, 2], 'int32'),
    cloud: tf.tensor2d([0, 1, 0, 1, 0, 1], [3, 2]),
  };
  const none = dropCondition(condition, { probability: 1, unconditional, seed: SEED, step: 0 });
  const { denoiser: fast, dispose } = inferenceModel(model);
  const guided = guideDenoiser(fast, { condition, unconditional: none, scale: 1.5 });
  const samples = await sampleDpmPlusPlus2M(guided, alphaBars, {
    shape: [3, SIZE, SIZE, BANDS],
    steps: 12,
    predictionType,
    seed: SEED,
  });
  dispose();
  const means = (await tf.mean(samples, [1, 2]).array()) as number[][];
  for (const [i, mean] of means.entries()) console.log(`class ${i}: ${mean.map((x) => x.toFixed(2))}`);
});

/**
 * One measurement in a process of its own, so that its peak memory is its own:
 * `featuresChild.ts NETWORK FOLDER BACKEND THREADS RUNS ALLOW_SOFTWARE RESULT` reads features of the images that
 * `sampleChild.ts prepare` has left in FOLDER, writes them to the file RESULT and prints a `FeatureMeasurement` or
 * `NotStarted`, as JSON.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
import { extractFeatures, type FeatureMap, weightsFingerprint } from 'diffusion-ssl/features';
import { featureFolder } from 'diffusion-ssl/features/node';
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from 'diffusion-ssl/interop';
import { inferenceModel, namedParameters } from 'diffusion-ssl/models';
import { loadModel } from './benchModel.js';
import { median } from './median.js';
import { dropoutRate, findNetwork, sampledNetworks } from './networks.js';
import { peakMemoryBytes } from './peakMemoryBytes.js';
import type { Measured, NotStarted } from './runMeasurement.js';
import { deviceOf, startBackend } from './startBackend.js';

/** What a measurement prints; a step is one timestep of a pass. */
export interface FeatureMeasurement extends Measured {
  /** The same where the features are computed and kept in a cache on disk. */
  fillSecondsPerStep?: number;
  /** The same where they come from there. */
  cachedSecondsPerStep?: number;
}

const [networkName, folder, backend, threads, runs, allowSoftware, resultFile] = process.argv.slice(2);
const network = findNetwork(sampledNetworks, networkName)!;
const timesteps = [50, 150, 250];
const layers = ['conv3', 'conv4', 'conv5'];

console.log(JSON.stringify(await measure(Number(runs))));

async function measure(count: number): Promise<FeatureMeasurement | NotStarted> {
  const started = await startBackend(backend, Number(threads), allowSoftware === 'true');
  if ('notStarted' in started) return started;
  const { tensors } = readSafetensors(readFileSync(path.join(folder, 'noise.safetensors')));
  const { data, shape } = tensors.get('noise')!;
  const images = tf.tensor<tf.Rank.R4>(data as Float32Array, shape as [number, number, number, number]);
  const model = loadModel(network, dropoutRate, folder);
  const { denoiser } = inferenceModel(model);
  const betas = makeBetaSchedule(1000, { type: 'linear', betaStart: 1e-4, betaEnd: 0.02 });
  const options = { timesteps, layers, alphaBars: computeAlphaSchedule(betas).alphaBars };

  /** Seconds a timestep, with the features on the host. */
  const time = async (pass: () => Promise<FeatureMap[]>) => {
    const start = performance.now();
    const features = await pass();
    await Promise.all(features.map(({ map }) => map.data()));
    tf.dispose(features.map(({ map }) => map));
    return (performance.now() - start) / 1000 / timesteps.length;
  };
  const timeAll = async (pass: () => Promise<FeatureMap[]>) => {
    await time(pass);
    const seconds: number[] = [];
    for (let run = 0; run < count; run++) seconds.push(await time(pass));
    return median(seconds);
  };
  const secondsPerStep = await timeAll(() => extractFeatures(denoiser, images, options));
  const peak = peakMemoryBytes();
  const cache = {
    store: featureFolder(path.join(folder, `cache-${backend}-${threads}`)),
    fingerprint: await weightsFingerprint(namedParameters(model)),
  };
  const cached = () => extractFeatures(denoiser, images, { ...options, cache });
  const fillSecondsPerStep = await time(cached);
  const cachedSecondsPerStep = await timeAll(cached);

  // Without noise: what PyTorch sees too.
  const clean = await extractFeatures(denoiser, images, { ...options, noise: 'none' });
  const result: Record<string, SafetensorsTensor> = {};
  for (const { name, timestep, map } of clean) {
    result[`${timestep}.${name}`] = {
      dtype: 'F32',
      shape: [...map.shape],
      data: await map.data<'float32'>(),
    };
  }
  writeFileSync(resultFile, writeSafetensors(result));
  const device = deviceOf(started);
  await started.dispose();
  return { secondsPerStep, fillSecondsPerStep, cachedSecondsPerStep, peakMemoryBytes: peak, ...device };
}

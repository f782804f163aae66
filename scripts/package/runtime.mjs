// A user's program: reads chips in two worker threads, trains three steps on them and samples; prints what came out as
// JSON. Started by checkRuntimes.ts in Node, Bun and Deno with the number of threads of the backend.
import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { initBackend } from 'diffusion-ssl/backends/node';
import { encodeGeoTiff } from 'diffusion-ssl/data';
import { createChipLoader } from 'diffusion-ssl/data/node';
import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
import { layersDenoiser, namedParameters, unetAttD } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import { gaussianNoise, sampleDdim } from 'diffusion-ssl/samplers';
import { trainStep } from 'diffusion-ssl/training';

const size = 32;
const dataPath = mkdtempSync(path.resolve('chips-'));
const rows = Array.from({ length: 6 }, (_, chip) => {
  const data = Float32Array.from({ length: size * size }, (_, i) => Math.sin(i * (chip + 1)));
  writeFileSync(
    path.join(dataPath, `${chip}.tif`),
    encodeGeoTiff({ width: size, height: size, bands: 1, data }),
  );
  return { images: [`${chip}.tif`] };
});

const backend = await initBackend({ device: 'wasm', threads: Number(process.argv[2]) });
const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(100));
const model = unetAttD({ inChannels: 1, filterConfig: [4, 4, 8, 8, 8, 8] });
const denoiser = layersDenoiser(model);
const parameters = namedParameters(model).filter(({ spec }) => spec.trainable);
const optimizer = new AdamW();
const losses = [];
const loader = await createChipLoader({ rows, dataPath, channels: 1, batchSize: 2, workers: 2 });
for await (const { images, shape } of loader.epoch(0)) {
  const batch = {
    x0: tf.tensor(images, shape),
    noise: gaussianNoise(losses.length)(shape, 0),
    t: Int32Array.of(10, 80),
  };
  const options = { optimizer, parameters, alphaBars, step: losses.length };
  losses.push((await trainStep(denoiser, [batch], options)).loss);
}
await loader.close();
const sample = await sampleDdim(denoiser, alphaBars, { shape: [1, size, size, 1], steps: 4, clip: [-1, 1] });
const values = Array.from(await sample.data());
await backend.dispose();
console.log(JSON.stringify({ threads: backend.threads, losses, values }));

// The shortest useful trainer. FOLDER holds catalog.csv and chips of any bands: tsx minimal-loop.ts FOLDER EPOCHS
import { writeFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { initBackend } from 'diffusion-ssl/backends/node';
import { encodeGeoTiff } from 'diffusion-ssl/data';
import { createChipLoader, readCatalog } from 'diffusion-ssl/data/node';
import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
import { toTorchStateDict, writeSafetensors } from 'diffusion-ssl/interop';
import { layersDenoiser, namedParameters, unetAttD } from 'diffusion-ssl/models';
import { randomIntegers, randomNormal } from 'diffusion-ssl/ops';
import { AdamW } from 'diffusion-ssl/optimizers';
import { sampleDdim } from 'diffusion-ssl/samplers';
import { trainStep } from 'diffusion-ssl/training';

const [dataPath = 'data/blue-marble', epochs = '1'] = process.argv.slice(2);
await initBackend();
const rows = (await readCatalog(`${dataPath}/catalog.csv`)).filter(({ usage }) => usage === 'train');
const chips = await createChipLoader({ rows, dataPath, batchSize: 4, shuffle: true, dropLast: true });
const [height, width, bands] = chips.shape;
const blockNum = [1, 1, 1, 1, 1, 1];
const model = unetAttD({ inChannels: bands, filterConfig: [16, 16, 32, 32, 32, 32], blockNum });
const denoiser = layersDenoiser(model);
const parameters = namedParameters(model).filter(({ spec }) => spec.trainable);
const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000));
const options = { optimizer: new AdamW({ learningRate: 4e-3 }), parameters, alphaBars, maxGradientNorm: 1 };
for (let step = 0, epoch = 0; epoch < Number(epochs); epoch++) {
  for await (const { images, shape } of chips.epoch(epoch)) {
    const t = randomIntegers(shape[0], 1000, { seed: 0, stream: 1, step }, { stratified: true });
    const noise = randomNormal(shape, { seed: 0, stream: 2, step });
    const x0 = tf.tensor4d(images, shape);
    const { loss } = await trainStep(denoiser, [{ x0, t, noise }], { ...options, step: step++ });
    console.log(`step ${step}, loss ${loss.toFixed(3)}`);
    tf.dispose([x0, noise]);
  }
}
await chips.close();
const sample = await sampleDdim(denoiser, alphaBars, { shape: [1, height, width, bands], clip: [0, 1] });
await writeFile('sample.tif', encodeGeoTiff({ width, height, bands, data: await sample.data<'float32'>() }));
await writeFile('weights.safetensors', writeSafetensors(await toTorchStateDict(namedParameters(model))));

/**
 * Training by `fitDataset` of tf.layers instead of a loop of your own: `compile` takes the optimizers and losses of
 * this package as they are. FOLDER as for minimal-loop.ts; run as: tsx model-fit.ts FOLDER EPOCHS
 */
import * as tf from '@tensorflow/tfjs-core';
import { initBackend } from 'diffusion-ssl/backends/node';
import { createChipLoader, readCatalog } from 'diffusion-ssl/data/node';
import { computeAlphaSchedule, makeBetaSchedule, qSample } from 'diffusion-ssl/diffusion';
import { mse } from 'diffusion-ssl/losses';
import { unetAttD } from 'diffusion-ssl/models';
import { randomIntegers, randomNormal } from 'diffusion-ssl/ops';
import { AdamW } from 'diffusion-ssl/optimizers';
import { savePretrained } from 'diffusion-ssl/pretrained';
import { folderFiles } from 'diffusion-ssl/training/node';

const [dataPath = 'data/blue-marble', epochs = '1'] = process.argv.slice(2);
await initBackend();
const rows = await readCatalog(`${dataPath}/catalog.csv`);
const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000));

/** The chips of a split as a dataset of ([xT, t], noise): new noise and timesteps each epoch, or always the same. */
async function noisedChips(usage: 'train' | 'validate', isFixed: boolean) {
  const chips = await createChipLoader({
    rows: rows.filter((row) => row.usage === usage),
    dataPath,
    batchSize: 4,
    shuffle: !isFixed,
    dropLast: true,
  });
  async function* epoch(number: number) {
    for await (const { images, shape, batch } of chips.epoch(number)) {
      const key = (stream: number) => ({ seed: 0, stream, step: number * chips.batchesPerEpoch + batch });
      yield tf.tidy(() => {
        const t = tf.tensor1d(randomIntegers(shape[0], 1000, key(1), { stratified: true }), 'int32');
        const ys = randomNormal(shape, key(2));
        return { xs: { x: qSample(tf.tensor4d(images, shape), t, alphaBars, ys), t }, ys };
      });
    }
  }
  let next = 0;
  return {
    bands: chips.shape[2],
    size: chips.batchesPerEpoch,
    iterator: async () => epoch(isFixed ? 0 : next++),
    close: () => chips.close(),
  };
}

const [train, validate] = [await noisedChips('train', false), await noisedChips('validate', true)];
const { bands } = train;
const config = {
  inChannels: bands,
  filterConfig: [16, 16, 32, 32, 32, 32],
  blockNum: [1, 1, 1, 1, 1, 1],
};
const model = unetAttD(config);
model.compile({
  optimizer: new AdamW({ learningRate: 4e-3 }),
  loss: (noise: tf.Tensor, prediction: tf.Tensor) => mse(prediction, noise),
});
await model.fitDataset(train, {
  epochs: Number(epochs),
  verbose: 0,
  validationData: validate,
  callbacks: {
    onEpochEnd: async (epoch, logs) => {
      console.log(
        `epoch ${epoch + 1}, loss ${logs?.loss.toFixed(3)}, validation ${logs?.val_loss.toFixed(3)}`,
      );
    },
  },
});
await Promise.all([train.close(), validate.close()]);
// For fromPretrained: the network, and how chips are given to it.
await savePretrained(model, folderFiles('model'), {
  config,
  bands: Array.from({ length: bands }, () => ({})),
  diffusion: { schedule: 'cosine', timesteps: 1000, predictionType: 'noise' },
  normalization: { strategy: 'min_max', procedure: 'lab' },
});

/**
 * Segmentation from few labels on pretrained weights: the network without its last layer, and a head with one output a
 * class. Trained twice, from the weights and from scratch, which tells whether pretraining was worth it. The catalog of
 * FOLDER has a column `label`, whose rasters hold the classes 0 to 3; MODEL is the folder `model` of a run. Run as:
 * tsx finetune-segmentation.ts FOLDER MODEL CHIPS EPOCHS
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { initBackend } from 'diffusion-ssl/backends/node';
import { type CatalogRow, decodeGeoTiff } from 'diffusion-ssl/data';
import { createChipLoader, readCatalog } from 'diffusion-ssl/data/node';
import { loadTorchStateDict, toTorchStateDict } from 'diffusion-ssl/interop';
import { Conv1x1, PixelShuffle } from 'diffusion-ssl/layers';
import { namedParameters, unetAttD } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import { checkBands, fromPretrained } from 'diffusion-ssl/pretrained';
import { folderFiles } from 'diffusion-ssl/training/node';

const CLASSES = 4;
const [dataPath = 'data/blue-marble', modelFolder = 'runs/blue-marble/model', chips = '16', epochs = '10'] =
  process.argv.slice(2);

await initBackend();
const pretrained = await fromPretrained(folderFiles(modelFolder));
for (const remark of pretrained.remarks) console.warn(remark);
if (pretrained.factory !== 'unetAttD') throw new Error(`${modelFolder} holds a ${pretrained.factory}.`);
/** Chips are scaled as they were in pretraining. */
const { config, bands, normalization } = pretrained;
const weights = await toTorchStateDict(namedParameters(pretrained.model));
pretrained.model.dispose();
const rows = await readCatalog(path.join(dataPath, 'catalog.csv'));
/** `count` chips of a split, evenly spaced over the catalog, so that they come from all over its region. */
function some(usage: CatalogRow['usage'], count: number): CatalogRow[] {
  const all = rows.filter((row) => row.usage === usage);
  return Array.from(
    { length: Math.min(count, all.length) },
    (_, i) => all[Math.floor((i * all.length) / count)],
  );
}

/** Chips in batches, with their labels: int32 [batch, height, width]. */
async function* labelled(chosen: CatalogRow[], epoch: number, dropLast: boolean) {
  const options = {
    channels: bands.length,
    batchSize: 4,
    shuffle: true,
    dropLast,
    workers: 0,
    normalization,
  };
  const loader = await createChipLoader({ rows: chosen, dataPath, ...options });
  checkBands(bands, { count: loader.shape[2] });
  try {
    for await (const { images, shape, indices } of loader.epoch(epoch)) {
      const labels = new Int32Array(shape[0] * shape[1] * shape[2]);
      for (const [i, index] of indices.entries()) {
        const file = path.join(dataPath, chosen[index].values.label);
        const { data } = await decodeGeoTiff(await readFile(file), { name: file });
        labels.set(data, i * data.length);
      }
      const [batch, height, width] = shape;
      yield { x: tf.tensor4d(images, shape), y: tf.tensor3d(labels, [batch, height, width], 'int32') };
    }
  } finally {
    await loader.close();
  }
}

/** The network up to its last block of convolutions, and a head. */
function segmenter(): tfl.LayersModel {
  const network = unetAttD(config);
  const features = network.getLayer('conv5').output as tfl.SymbolicTensor;
  const inChannels = features.shape[3] as number;
  const outChannels = CLASSES * (config.patchSize === 2 ? 4 : 1);
  let logits = new Conv1x1({ name: 'head', inChannels, outChannels }).apply(features);
  if (config.patchSize === 2) logits = new PixelShuffle({ name: 'pixels' }).apply(logits);
  return tfl.model({ inputs: network.inputs, outputs: logits as tfl.SymbolicTensor });
}

/**
 * Logits of clean chips: timestep 0. Batch norm keeps its running statistics, of which four chips would say too little.
 */
const logitsOf = (model: tfl.LayersModel, x: tf.Tensor4D) =>
  model.apply([x, tf.zeros([x.shape[0]], 'int32')], { training: false }) as tf.Tensor4D;

async function train(model: tfl.LayersModel): Promise<void> {
  const trainable = namedParameters(model).filter(({ spec }) => spec.trainable);
  const variables = trainable.map(({ variable }) => variable);
  const optimizer = new AdamW({ learningRate: 2e-3 });
  for (let epoch = 0; epoch < Number(epochs); epoch++) {
    for await (const { x, y } of labelled(some('train', Number(chips)), epoch, true)) {
      const target = tf.oneHot(y, CLASSES);
      const loss = () => tf.losses.softmaxCrossEntropy(target, logitsOf(model, x)) as tf.Scalar;
      optimizer.minimize(loss, false, variables);
      tf.dispose([x, y, target]);
    }
  }
}

/** Share of the pixels of validation chips that get their class. */
async function accuracy(model: tfl.LayersModel): Promise<number> {
  let [right, pixels] = [0, 0];
  for await (const { x, y } of labelled(some('validate', 64), 0, false)) {
    const hits = tf.tidy(() => tf.sum(tf.cast(tf.equal(tf.argMax(logitsOf(model, x), 3), y), 'int32')));
    right += (await hits.data())[0];
    pixels += y.size;
    tf.dispose([x, y, hits]);
  }
  return right / pixels;
}

const begun = segmenter();
const { missingKeys, unexpectedKeys } = loadTorchStateDict(namedParameters(begun), weights, {
  strict: false,
});
console.log(`new: ${missingKeys.join(', ')}; left out: ${unexpectedKeys.join(', ')}`);
for (const [name, model] of [
  ['pretrained', begun],
  ['from scratch', segmenter()],
] as const) {
  await train(model);
  console.log(`${name}: ${(100 * (await accuracy(model))).toFixed(1)} % of the pixels are right`);
}

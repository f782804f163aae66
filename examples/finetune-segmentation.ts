/**
 * Segmentation from few labels on pretrained weights: the network without its last layer, and a head with one output a
 * class. Trained twice, from the weights and from scratch, which tells whether pretraining was worth it. The catalog of
 * FOLDER has a column `label`, whose rasters hold the classes from 0 on; MODEL is the folder `model` of a run. Run as:
 * tsx finetune-segmentation.ts FOLDER MODEL CHIPS EPOCHS
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { initBackend } from 'diffusion-ssl/backends/node';
import { type CatalogRow, decodeRaster } from 'diffusion-ssl/data';
import { createChipLoader, readCatalog, readChipHeader } from 'diffusion-ssl/data/node';
import { loadTorchStateDict, toTorchStateDict } from 'diffusion-ssl/interop';
import { Conv1x1, PixelShuffle } from 'diffusion-ssl/layers';
import { namedParameters, unetAttD } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import { fromPretrained } from 'diffusion-ssl/pretrained';
import { folderFiles } from 'diffusion-ssl/training/node';

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

/** The classes of a chip's pixels, -1 where the label has none. */
async function classesOf(row: CatalogRow): Promise<Int32Array> {
  const file = path.join(dataPath, row.values.label);
  const { data, valid } = await decodeRaster(await readFile(file), { name: file });
  return Int32Array.from(data, (value, i) => (valid?.[i] === 0 ? -1 : value));
}

/** Chips in batches, with their labels: int32 [batch, height, width]. */
async function* labelled(chosen: CatalogRow[], epoch: number, dropLast: boolean) {
  const options = { batchSize: 4, shuffle: true, dropLast, workers: 0, normalization };
  const ofBands = { channels: bands.length, bands: chosenBands };
  const loader = await createChipLoader({ rows: chosen, dataPath, ...ofBands, ...options });
  try {
    for await (const { images, shape, indices } of loader.epoch(epoch)) {
      const labels = new Int32Array(shape[0] * shape[1] * shape[2]);
      for (const [i, index] of indices.entries()) {
        const classes = await classesOf(chosen[index]);
        labels.set(classes, i * classes.length);
      }
      const [batch, height, width] = shape;
      yield { x: tf.tensor4d(images, shape), y: tf.tensor3d(labels, [batch, height, width], 'int32') };
    }
  } finally {
    await loader.close();
  }
}

/** How many classes the labels have. */
let classCount = 0;
const [trained, validated] = [some('train', Number(chips)), some('validate', 64)];
for (const row of [...trained, ...validated])
  classCount = (await classesOf(row)).reduce((most, value) => Math.max(most, value + 1), classCount);
/** Of chips that name their bands those of the network, in its order; else all must be these. */
const names = bands.map(({ name }) => name ?? '');
const { bandNames } = await readChipHeader(trained[0].images[0], { dataPath });
const chosenBands = bandNames && names.every(Boolean) ? names : undefined;

/** The network up to its last block of convolutions, and a head. */
function segmenter(): tfl.LayersModel {
  const network = unetAttD(config);
  const features = network.getLayer('conv5').output as tfl.SymbolicTensor;
  const inChannels = features.shape[3] as number;
  const outChannels = classCount * (config.patchSize === 2 ? 4 : 1);
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
    for await (const { x, y } of labelled(trained, epoch, true)) {
      const target = tf.oneHot(y, classCount);
      const loss = () => tf.losses.softmaxCrossEntropy(target, logitsOf(model, x)) as tf.Scalar;
      optimizer.minimize(loss, false, variables);
      tf.dispose([x, y, target]);
    }
  }
}

/** Share of the pixels of validation chips that get their class. */
async function accuracy(model: tfl.LayersModel): Promise<number> {
  let [right, pixels] = [0, 0];
  for await (const { x, y } of labelled(validated, 0, false)) {
    const hits = tf.tidy(() => tf.sum(tf.cast(tf.equal(tf.argMax(logitsOf(model, x), 3), y), 'int32')));
    right += (await hits.data())[0];
    const known = tf.tidy(() => tf.sum(tf.cast(tf.greaterEqual(y, 0), 'int32')));
    pixels += (await known.data())[0];
    tf.dispose([x, y, hits, known]);
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

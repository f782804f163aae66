import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { toTorchStateDict } from '../../src/interop/toTorchStateDict.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { Conv1x1 } from '../../src/layers/Conv1x1.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { ExponentialMovingAverage } from '../../src/training/ExponentialMovingAverage.js';
import { encodeCheckpoint } from '../../src/training/encodeCheckpoint.js';
import { upload } from '../ops/checkOp.js';
import { randomTensor } from '../ops/referenceOps.js';

const { layers } = tfl;
const apply = (layer: tfl.layers.Layer, x: unknown) =>
  layer.apply(x as tfl.SymbolicTensor) as tfl.SymbolicTensor;

/** An image network of tf.layers, some without a name, that takes a label, with one layer of this package. */
export function ownModel(seed: number): tfl.LayersModel {
  const kernelInitializer = tfl.initializers.heNormal({ seed });
  const image = tfl.input({ shape: [8, 8, 3] });
  const label = tfl.input({ shape: [1], dtype: 'int32' });
  const embeddingsInitializer = tfl.initializers.randomNormal({ seed, stddev: 1 });
  const embedding = layers.embedding({ name: 'labels', inputDim: 4, outputDim: 6, embeddingsInitializer });
  const condition = apply(layers.flatten(), apply(embedding, label));
  const scale = apply(layers.dense({ units: 6, kernelInitializer, activation: 'tanh' }), condition);
  const wide = apply(layers.reshape({ targetShape: [1, 1, 6] }), scale);
  const x = apply(
    layers.conv2d({
      filters: 6,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
      useBias: false,
      kernelInitializer,
    }),
    image,
  );
  const normalized = apply(layers.batchNormalization({ name: 'norm' }), x);
  const shifted = apply(layers.add(), [normalized, wide]);
  const mixed = apply(new Conv1x1({ name: 'mix', inChannels: 6, outChannels: 6, seed }), shifted);
  const attended = apply(
    layers.layerNormalization(),
    apply(layers.activation({ activation: 'swish' }), mixed),
  );
  const options = { kernelSize: 3, depthMultiplier: 2, padding: 'same', name: 'deep' } as const;
  const deep = apply(
    layers.depthwiseConv2d({ ...options, depthwiseInitializer: kernelInitializer }),
    attended,
  );
  const up = layers.conv2dTranspose({ filters: 6, kernelSize: 2, strides: 2, name: 'up', kernelInitializer });
  const y = apply(layers.dense({ units: 3, kernelInitializer }), apply(up, deep));
  return tfl.model({ inputs: [image, label], outputs: y });
}

/** A training run of it: what a checkpoint is made of. */
export function ownRun(seed: number) {
  const model = ownModel(seed);
  const parameters = namedParameters(model);
  const optimizer = new AdamW({ learningRate: 1e-2 });
  return { model, parameters, optimizer, ema: new ExponentialMovingAverage(parameters, 0.9) };
}

type OwnRun = ReturnType<typeof ownRun>;

/** The squared errors of the model on the batch of a step: it takes the noise out of a noisy image. */
export function ownErrors(model: tfl.LayersModel, step: number): tf.Tensor {
  return tf.tidy(() => {
    const [x, noise] = [0, 1].map((k) => upload<tf.Rank.R4>(randomTensor([4, 8, 8, 3], 2 * step + k)));
    const label = tf.tensor2d([0, 1, 2, 2], [4, 1], 'int32');
    const y = model.apply([tf.add(x, noise), label], { training: true }) as tf.Tensor;
    return tf.squaredDifference(y, noise);
  });
}

/** One step; its loss. */
export async function stepOwnRun(
  { model, parameters, optimizer, ema }: OwnRun,
  step: number,
): Promise<number> {
  const trained = parameters.filter(({ spec }) => spec.trainable).map(({ variable }) => variable);
  const loss = optimizer.minimize(() => tf.mean(ownErrors(model, step)), true, trained)!;
  ema.update();
  const [value] = await loss.data();
  loss.dispose();
  return value;
}

/** Everything that the run holds, as one word. */
export async function runState(run: OwnRun): Promise<string> {
  const bytes = await encodeCheckpoint(run, null);
  const weights = writeSafetensors(await toTorchStateDict(run.parameters));
  return createHash('sha256').update(bytes).update(weights).digest('hex');
}

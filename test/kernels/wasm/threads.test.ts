import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { initBackend } from '../../../src/backends/node/initBackend.js';
import { upModes } from '../../../src/layers/UpconvBlock.js';
import { mse } from '../../../src/losses/mse.js';
import { namedParameters } from '../../../src/models/namedParameters.js';
import { unet2d } from '../../../src/models/unet2d.js';
import { unetAttD } from '../../../src/models/unetAttD.js';
import { AdamW } from '../../../src/optimizers/AdamW.js';
import { clipByGlobalNorm } from '../../../src/optimizers/clipByGlobalNorm.js';
import { upload } from '../../ops/checkOp.js';
import { randomTensor } from '../../ops/referenceOps.js';

const networks: (() => tfl.LayersModel)[] = [
  ...upModes.map((upmode) => () => unetAttD({ filterConfig: [16, 8, 8, 8, 8, 8], upmode, seed: 3 })),
  () =>
    unet2d({
      inChannels: 4,
      outChannels: 4,
      blockOutChannels: [32, 48],
      normNumGroups: 16,
      downBlockTypes: ['DownBlock2D', 'AttnDownBlock2D'],
      upBlockTypes: ['AttnUpBlock2D', 'UpBlock2D'],
      seed: 3,
    }),
];

/** Parameters, statistics and losses of two training steps, with dropout and clipping, as one hash. */
async function train(model: tfl.LayersModel): Promise<string> {
  const parameters = namedParameters(model);
  const variables = parameters.filter(({ spec }) => spec.trainable).map(({ variable }) => variable);
  const optimizer = new AdamW({ learningRate: 1e-2 });
  const [x, noise] = [1, 2].map((seed) => upload<tf.Rank.R4>(randomTensor([3, 64, 64, 4], seed)));
  const t = tf.tensor1d([1, 500, 999], 'int32');
  const hash = createHash('sha256');
  for (let step = 0; step < 2; step++) {
    const { value, grads } = tf.variableGrads(
      () => mse(model.apply([x, t], { training: true }) as tf.Tensor, noise) as tf.Scalar,
      variables,
    );
    optimizer.applyGradients(clipByGlobalNorm(grads, 0.1).gradients);
    const loss = await value.data();
    expect(loss[0]).toBeGreaterThan(0.1);
    hash.update(loss);
  }
  for (const { variable } of parameters) hash.update(await variable.data());
  return hash.digest('hex');
}

describe.skipIf(availableParallelism() < 2)('one thread and two', () => {
  it('give the same bits in training, whatever the kernels', async () => {
    const hashes: string[][] = [];
    for (const threads of [1, 2]) {
      const started = await initBackend({ device: 'wasm', threads });
      expect(started.threads).toBe(threads);
      const hashesOf: string[] = [];
      for (const network of networks) hashesOf.push(await train(network()));
      hashes.push(hashesOf);
      await started.dispose();
    }
    expect(hashes[1]).toEqual(hashes[0]);
    expect(new Set(hashes[0]).size).toBe(networks.length);
  });
});

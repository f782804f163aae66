import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { sinePositions } from '../../src/layers/sinePositions.js';
import { countValues } from '../../src/models/countValues.js';
import type { DitConfig } from '../../src/models/DitConfig.js';
import { fromDiffusersConfig } from '../../src/models/diffusersConfig.js';
import { dit } from '../../src/models/dit.js';
import { ditParameters } from '../../src/models/ditParameters.js';
import { ditTransformer2d } from '../../src/models/ditTransformer2d.js';
import { ditTransformer2dParameters } from '../../src/models/ditTransformer2dParameters.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { readFixture } from '../support/fixtures.js';
import {
  checkNetworkCase,
  loadNetworkCase,
  type NetworkCase,
  networkFamily,
  readNetworkCase,
} from '../support/networkCases.js';
import { layouts, uploaded } from '../support/peerFamily.js';

beforeAll(startTestBackend);

interface DitCase extends NetworkCase {
  class: string;
}

const { cases, tolerance } = networkFamily<DitCase>('dit');

const isTheirs = (networkCase: DitCase) => networkCase.class === 'DiTTransformer2DModel';

describe('dit and ditTransformer2d equal DiT of its authors and of diffusers', () => {
  for (const networkCase of cases) {
    it(networkCase.name, async () => {
      const { io, weights, config } = readNetworkCase(networkCase);
      const named = fromDiffusersConfig(config);
      const specs = isTheirs(networkCase)
        ? ditTransformer2dParameters(named)
        : ditParameters(named as DitConfig);
      expect(specs.map(({ name }) => name).sort()).toEqual([...weights.keys()].sort());
      const model = isTheirs(networkCase) ? ditTransformer2d(named) : dit(named as DitConfig);
      await loadNetworkCase(model, networkCase);
      const inputs = ['sample', 'timestep', 'class_labels'].map((name) =>
        uploaded(io.get(name)!, name === 'sample' ? layouts.image : undefined),
      );
      inputs[1] = tf.cast(inputs[1], 'float32');
      const target = uploaded(io.get('target')!, layouts.image);
      const output = () => model.apply(inputs, { training: true }) as tf.Tensor;
      await checkNetworkCase(model, networkCase, { output, target }, tolerance);
      const positions = io.get('pos_embed') ?? weights.get('pos_embed');
      if (!isTheirs(networkCase)) expect(weights.has('pos_embed')).toBe(true);
      if (positions && isTheirs(networkCase)) {
        const side = Math.sqrt(positions.shape[1]);
        const own = sinePositions([side, side], positions.shape[2], [side, side]);
        expectClose(own, positions.data as Float32Array, { abs: 1e-5 });
      }
      const guided = io.get('guided_scale_4');
      if (guided) await checkGuided(model, inputs, guided.data as Float32Array);
      model.dispose();
    });
  }
});

/** `forward_with_cfg` of the first sample by scale 4: its code guides the first three channels alone. */
async function checkGuided(model: ReturnType<typeof dit>, inputs: tf.Tensor[], expected: Float32Array) {
  const [x, t, labels] = inputs.map((input) => tf.slice(input, 0, 1));
  const [classes] = await labels.data();
  const none = countOfClasses(model);
  const twice = [tf.concat([x, x]), tf.concat([t, t]), tf.tensor1d([classes, none], 'int32')];
  const y = model.apply(twice) as tf.Tensor4D;
  const [conditional, unconditional] = tf.split(tf.slice(y, [0, 0, 0, 0], [-1, -1, -1, 3]), 2);
  const guided = tf.add(unconditional, tf.mul(tf.sub(conditional, unconditional), 4));
  const rest = tf.slice(y, [0, 0, 0, 3], [-1, -1, -1, -1]);
  const whole = tf.concat([tf.concat([guided, guided]), rest], 3);
  expectClose(await tf.transpose(whole, [0, 3, 1, 2]).data(), expected, {
    abs: 4 * tolerance.output.abs,
    rel: tolerance.output.rel,
  });
}

const countOfClasses = (model: ReturnType<typeof dit>) =>
  model.getLayer('y_embedder.embedding_table').getWeights()[0].shape[0]! - 1;

describe('parameters of dit, counted without allocating', () => {
  const counts = readFixture<{ name: string; parameters: number; trainable?: number; tensors: number }[]>(
    'peers/counts/counts.json',
  ).filter(({ name }) => name.startsWith('DiT-'));
  const sizes: Record<string, { hiddenSize: number; depth: number; numHeads: number }> = {
    S: { hiddenSize: 384, depth: 12, numHeads: 6 },
    B: { hiddenSize: 768, depth: 12, numHeads: 12 },
    L: { hiddenSize: 1024, depth: 24, numHeads: 16 },
    XL: { hiddenSize: 1152, depth: 28, numHeads: 16 },
  };

  it.each(counts)('$name', ({ name, parameters, trainable = parameters, tensors }) => {
    const size = sizes[/^DiT-(\w+)\/2 /.exec(name)![1]];
    const { hiddenSize, depth, numHeads } = size;
    const before = tf.memory().numTensors;
    const specs = name.includes('diffusers')
      ? ditTransformer2dParameters({
          numAttentionHeads: numHeads,
          attentionHeadDim: hiddenSize / numHeads,
          numLayers: depth,
          outChannels: 8,
        })
      : ditParameters(size);
    expect(countValues(specs)).toEqual({
      trainable,
      runningStatistics: parameters - trainable,
      stateDictEntries: tensors,
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('begins its patches as its authors do, not as a convolution', () => {
    const config = { patchSize: 4, inChannels: 3, hiddenSize: 12, depth: 1, numHeads: 3 };
    const specs = new Map(ditParameters(config).map((spec) => [spec.name, spec]));
    expect(specs.get('x_embedder.proj.weight')!.initialization).toEqual({
      type: 'uniform',
      bound: Math.sqrt(6 / (3 * 4 * 4 + 12)),
    });
    expect(specs.get('x_embedder.proj.bias')!.initialization).toEqual({ type: 'constant', value: 0 });
  });

  it('there are some', () => {
    expect(counts.length).toBeGreaterThan(0);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { countValues } from '../../src/models/countValues.js';
import { fromDiffusersConfig } from '../../src/models/diffusersConfig.js';
import type { UVitConfig } from '../../src/models/UVitConfig.js';
import { uVit } from '../../src/models/uVit.js';
import { uVitParameters } from '../../src/models/uVitParameters.js';
import { startTestBackend } from '../support/backend.js';
import { readFixture } from '../support/fixtures.js';
import {
  checkNetworkCase,
  loadNetworkCase,
  networkFamily,
  readNetworkCase,
} from '../support/networkCases.js';
import { layouts, uploaded } from '../support/peerFamily.js';

beforeAll(startTestBackend);

const { cases, tolerance } = networkFamily('uvit');

/** Our inputs' names by theirs. */
const INPUTS: Record<string, string> = {
  sample: 'x',
  timestep: 't',
  class_labels: 'classLabels',
  context: 'context',
};

describe("uVit equals U-ViT's own code", () => {
  for (const networkCase of cases) {
    it(networkCase.name, async () => {
      const { io, weights, config } = readNetworkCase(networkCase);
      const named = fromDiffusersConfig(config) as UVitConfig;
      const specs = uVitParameters(named).map(({ name }) => name);
      expect(specs.sort()).toEqual([...weights.keys()].sort());
      const model = uVit(named);
      await loadNetworkCase(model, networkCase);
      const names = Object.keys(INPUTS).filter((name) => io.has(name));
      expect(model.inputNames).toEqual(names.map((name) => INPUTS[name]));
      const inputs = names.map((name) =>
        uploaded(io.get(name)!, name === 'sample' ? layouts.image : undefined),
      );
      const target = uploaded(io.get('target')!, layouts.image);
      const output = () => model.apply(inputs, { training: true }) as tf.Tensor;
      await checkNetworkCase(model, networkCase, { output, target }, tolerance);
      model.dispose();
    });
  }
});

describe('parameters of uVit, counted without allocating', () => {
  const counts = readFixture<{ name: string; parameters: number; tensors: number }[]>(
    'peers/counts/counts.json',
  ).filter(({ name }) => name.startsWith('U-ViT-'));
  /** Of its authors' configurations; on latents one more class stands for none, and H ends without a convolution. */
  const sizes: Record<string, UVitConfig> = {
    S: { embedDim: 512, depth: 12, numHeads: 8 },
    M: { embedDim: 768, depth: 16, numHeads: 12 },
    L: { embedDim: 1024, depth: 20, numHeads: 16 },
    H: { embedDim: 1152, depth: 28, numHeads: 16 },
  };

  it.each(counts)('$name', ({ name, parameters, tensors }) => {
    const [, size, patchSize, side, inChans] = /^U-ViT-(\w)\/(\d) .*?(\d+)x\d+x(\d+)$/
      .exec(name)!
      .map((text) => (Number.isNaN(Number(text)) ? text : Number(text))) as [
      string,
      string,
      number,
      number,
      number,
    ];
    const classes = name.includes('latents') ? 1001 : 1000;
    const numClasses = name.includes('ImageNet') ? classes : -1;
    const specs = uVitParameters({
      ...sizes[size],
      patchSize,
      imgSize: side,
      inChans,
      numClasses,
      conv: size !== 'H',
    });
    const before = tf.memory().numTensors;
    expect(countValues(specs)).toEqual({
      trainable: parameters,
      runningStatistics: 0,
      stateDictEntries: tensors,
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('there are some', () => {
    expect(counts.length).toBeGreaterThan(0);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SafetensorsTensor } from '../../src/interop/safetensorsTypes.js';
import { attentionMaps } from '../../src/models/attentionMaps.js';
import { countValues } from '../../src/models/countValues.js';
import { fromDiffusersConfig } from '../../src/models/diffusersConfig.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import type { VitConfig } from '../../src/models/VitConfig.js';
import { vit } from '../../src/models/vit.js';
import { vitAttention } from '../../src/models/vitAttention.js';
import { vitParameters } from '../../src/models/vitParameters.js';
import { vitTokens } from '../../src/models/vitTokens.js';
import { resizePositions } from '../../src/ops/resizePositions.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose, type Tolerance } from '../support/compare.js';
import { readFixture } from '../support/fixtures.js';
import {
  checkNetworkCase,
  loadNetworkCase,
  type NetworkCase,
  networkFamily,
  readNetworkCase,
} from '../support/networkCases.js';
import { layouts, readTensors, uploaded } from '../support/peerFamily.js';

beforeAll(startTestBackend);

interface VitCase extends NetworkCase {
  config: Record<string, unknown>;
  resized: { height: number; width: number; grid: [number, number]; dino: boolean }[];
}

const { cases, tolerance } = networkFamily<
  VitCase,
  { tokens: Tolerance; attention: Tolerance; pos_embed: Tolerance }
>('vit');

const expectTensor = async (actual: tf.Tensor, expected: SafetensorsTensor, within: Tolerance) => {
  expect(actual.shape).toEqual(expected.shape);
  expectClose(await actual.data(), expected.data as Float32Array, within);
};

describe("vit equals timm's VisionTransformer", () => {
  for (const networkCase of cases) {
    const config = fromDiffusersConfig(networkCase.config) as VitConfig;

    it(networkCase.name, async () => {
      const { io, weights } = readNetworkCase(networkCase);
      const specs = vitParameters(config).map(({ name }) => name);
      expect([...specs].sort()).toEqual([...weights.keys()].sort());
      const model = vit(config);
      await loadNetworkCase(model, networkCase);
      const image = uploaded<tf.Rank.R4>(io.get('image')!, layouts.image);
      const target = uploaded(io.get('target')!);
      const output = () => model.apply(image, { training: true }) as tf.Tensor;
      await checkNetworkCase(model, networkCase, { output, target }, tolerance);

      const ofLast = [...io.keys()].filter((name) => name.startsWith('intermediate_')).sort();
      expect(ofLast.length).toBeGreaterThan(0);
      const tokens = vitTokens(model, image, ofLast.length);
      for (const [i, name] of ofLast.entries())
        await expectTensor(tokens[i], io.get(name)!, tolerance.tokens);
      await expectTensor(vitTokens(model, image)[0], io.get('tokens')!, tolerance.tokens);
      const attention = vitAttention(model, image);
      await expectTensor(attention, io.get('attention')!, tolerance.attention);

      const [batch, rows, columns, heads] = attentionMaps(model, image).shape;
      const prefix = attention.shape[2] - rows * columns;
      const ofClass = tf.slice(attention, [0, 0, 0, prefix], [batch, heads, 1, rows * columns]);
      const maps = tf.transpose(attentionMaps(model, image), [0, 3, 1, 2]);
      expectClose(await maps.data(), await ofClass.data(), { abs: 1e-6 });
      model.dispose();
    });

    for (const rule of ['timm', 'dino'] as const) {
      it(`${networkCase.name} at other sizes, by the rule of ${rule}`, async () => {
        const { folder } = networkCase;
        const resized = readTensors(`peers/${folder}/resized.safetensors`);
        const model = vit({ ...config, positionRule: rule });
        await loadNetworkCase(model, networkCase);
        const positions = namedParameters(model).find(({ name }) => name === 'pos_embed')!.variable;
        const side = (config.imgSize as number) / config.patchSize!;
        const prefix = positions.shape[1]! - side * side;
        let compared = 0;
        for (const { height, width, grid } of networkCase.resized) {
          const named = (what: string) => resized.get(`${what}_${rule}/${height}x${width}`);
          const expected = named('pos_embed');
          if (!expected) continue;
          const moved = resizePositions(positions as unknown as tf.Tensor3D, {
            from: [side, side],
            to: grid,
            prefix,
            rule,
          });
          await expectTensor(moved, expected, tolerance.pos_embed);
          const image = uploaded<tf.Rank.R4>(resized.get(`image/${height}x${width}`)!, layouts.image);
          await expectTensor(vitTokens(model, image)[0], named('tokens')!, tolerance.tokens);
          const attention = named('attention');
          if (attention) await expectTensor(vitAttention(model, image), attention, tolerance.attention);
          compared++;
        }
        expect(compared).toBe(networkCase.resized.filter(({ dino }) => rule === 'timm' || dino).length);
        model.dispose();
      });
    }
  }
});

describe('parameters of vit, counted without allocating', () => {
  interface Count {
    name: string;
    parameters: number;
    tensors: number;
  }
  const sizes: Record<string, VitConfig> = {
    Ti: { embedDim: 192, numHeads: 3 },
    S: { embedDim: 384, numHeads: 6 },
    B: {},
    L: { embedDim: 1024, depth: 24, numHeads: 16 },
  };
  const counts = readFixture<Count[]>('peers/counts/counts.json').filter(({ name }) =>
    name.startsWith('ViT-'),
  );

  it.each(counts)('$name', ({ name, parameters, tensors }) => {
    const parts = /^ViT-(\w+)\/(\d+) img (\d+), (\d+) channels, (?:no head|head (\d+))$/.exec(name)!;
    const [, size, patchSize, imgSize, inChans, numClasses = '0'] = parts;
    const numbers = { patchSize, imgSize, inChans, numClasses };
    const config = {
      ...sizes[size],
      ...Object.fromEntries(Object.entries(numbers).map(([key, text]) => [key, Number(text)])),
    };
    const before = tf.memory().numTensors;
    expect(countValues(vitParameters(config))).toEqual({
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

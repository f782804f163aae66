import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { root } from '../../scripts/lib/root.js';
import { resolveUnetAttDConfig } from '../../src/models/UnetAttDConfig.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { startTestBackend } from '../support/backend.js';

beforeAll(startTestBackend);

const page = readFileSync(path.join(root, 'docs/network.md'), 'utf8');
/** The rows of the table of levels. */
const levels = [...page.matchAll(/^\| (\d) \| (\d+) \| (\d+) × (\d+) \| (\d+) \| (.*) \| (.*) \|$/gm)].map(
  ([, level, stride, height, width, channels, down, up]) => ({
    ...{ level: Number(level), stride: Number(stride), channels: Number(channels) },
    size: [Number(height), Number(width)],
    names: [...`${down} ${up}`.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  }),
);

it('the table of levels is what the network has', () => {
  const { filterConfig } = resolveUnetAttDConfig({});
  expect(levels.map(({ channels }) => channels)).toEqual(filterConfig);
  // A sixteenth of the widths: the whole network has two and a half gigabytes of weights.
  const widths = filterConfig.map((channels) => channels / 16);
  const model = unetAttD({ filterConfig: widths, size: [224, 224] });
  for (const { level, stride, size, channels, names } of levels) {
    expect(size, `level ${level}`).toEqual([224 / stride, 224 / stride]);
    for (const name of names) {
      expect(model.getLayer(name).outputShape, name).toEqual([null, ...size, channels / 16]);
    }
    if (level === 6) continue;
    expect(model.getLayer(`pool_${level}`).outputShape).toEqual([
      null,
      size[0] / 2,
      size[1] / 2,
      channels / 16,
    ]);
    expect(model.getLayer(`concat${6 - level}`).outputShape).toEqual([null, ...size, channels / 8]);
  }
  expect(model.getLayer('time_mlp').outputShape).toEqual([null, widths[5]]);
  model.dispose();
});

it('the page names every layer of every kind of network', () => {
  const config = { filterConfig: [2, 2, 2, 2, 2, 2], skipDropRate: 0.5 };
  const model = unetAttD({ ...config, patchSize: 2, size: [128, 128] });
  for (const { stride, names } of levels) {
    const side = 128 / (2 * stride);
    for (const name of names)
      expect(model.getLayer(name).outputShape.slice(1, 3), name).toEqual([side, side]);
  }
  const inTable = levels.flatMap(({ names }) => names);
  const others = model.layers.map(({ name }) => name).filter((name) => !inTable.includes(name));
  const families = { pool_: 'pool_N', concat: 'concatN', skip_dropout_: 'skip_dropout_L' };
  const written = others.map((name) => {
    const family = name.replace(/\d$/, '');
    return families[family as keyof typeof families] ?? name;
  });
  expect(new Set(written)).toEqual(
    new Set([...['x', 't', 'patches', 'pixels', 'time_mlp', 'output_conv'], ...Object.values(families)]),
  );
  for (const name of new Set(written)) expect(page).toContain(`\`${name}\``);
  model.dispose();
});

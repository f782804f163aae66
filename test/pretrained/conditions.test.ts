import { beforeAll, describe, expect, it } from 'vitest';
import { CheckpointError } from '../../src/errors/CheckpointError.js';
import { ConfigError } from '../../src/errors/ConfigError.js';
import type { Unet2dConfig } from '../../src/models/Unet2dConfig.js';
import { unet2d } from '../../src/models/unet2d.js';
import { fromPretrained } from '../../src/pretrained/fromPretrained.js';
import type { ModelCondition } from '../../src/pretrained/ModelDescription.js';
import { savePretrained } from '../../src/pretrained/savePretrained.js';
import { startTestBackend } from '../support/backend.js';
import { MemoryFiles } from '../support/MemoryFiles.js';

beforeAll(startTestBackend);

const config: Unet2dConfig = {
  inChannels: 3,
  outChannels: 1,
  blockOutChannels: [4],
  downBlockTypes: ['DownBlock2D'],
  upBlockTypes: ['UpBlock2D'],
  normNumGroups: 2,
  layersPerBlock: 1,
  addAttention: false,
  numClassEmbeds: 3,
  useMetadata: true,
  numMetadata: 3,
};
const conditions: ModelCondition[] = [
  { kind: 'number', name: 'month', encoding: 'cyclic', range: [1, 13] },
  { kind: 'class', name: 'group', classes: ['a', 'b'] },
  { kind: 'number', name: 'height', range: [0, 9000], unit: 'm' },
  {
    kind: 'image',
    name: 'before',
    bands: 2,
    normalization: { strategy: 'z_value', procedure: 'gpb', globalStats: { mean: [1, 2], std: [3, 4] } },
  },
];

/** The files of a network that is told these. */
async function saved(told: unknown = conditions, changes: Unet2dConfig = {}): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  const own = { ...config, ...changes };
  const model = unet2d(own);
  const described = { bands: [{ name: 'red' }], conditions: told as ModelCondition[] };
  await savePretrained(model, files, { factory: 'unet2d', config: own, ...described });
  model.dispose();
  return files;
}

describe('the conditions of a network', () => {
  it('are in its folder as they were', async () => {
    const opened = await fromPretrained(await saved());
    expect(opened.conditions).toEqual(conditions);
    expect(opened.bands).toEqual([{ name: 'red' }]);
    expect(opened.model.inputNames).toEqual(['x', 't', 'classLabels', 'metadata']);
    opened.model.dispose();
  });

  it('may be the image itself with gaps, whose bands count among those of the input', async () => {
    const fill: ModelCondition[] = [{ kind: 'fill', name: 'gaps', bands: 2 }];
    const plain = { useMetadata: false, numClassEmbeds: null };
    const opened = await fromPretrained(await saved(fill, plain));
    expect(opened.conditions).toEqual(fill);
    expect(opened.bands).toHaveLength(1);
    opened.model.dispose();
    await expect(saved([{ ...fill[0], bands: 1 }], plain)).rejects.toThrow(/bands/);
  });

  it.each<[string, unknown, RegExp]>([
    ['no list', { a: 1 }, /conditions is .*; it must be a list/],
    [
      'of no kind',
      [{ kind: 'text', name: 'a' }],
      /conditions\[0\]\.kind is "text"; it must be class, number, image, fill or given/,
    ],
    ['without a name', [{ kind: 'class', name: '' }], /conditions\[0\]\.name is ""/],
    [
      'of one name',
      [conditions[0], conditions[0]],
      /conditions\[1\]\.name is "month"; it must be a text that no other/,
    ],
    ['without classes', [{ kind: 'class', name: 'a', classes: [] }], /conditions\[0\]\.classes is \[\]/],
    ['without a range', [{ kind: 'number', name: 'a', range: 3 }], /conditions\[0\]\.range is 3/],
    [
      'of no range',
      [{ kind: 'number', name: 'a', range: [3, 1] }],
      /conditions\[0\]: encodeMetadata: range of a/,
    ],
    ['without bands', [{ kind: 'image', name: 'a', bands: 0 }], /conditions\[0\]\.bands is 0/],
    [
      'of one modality',
      [{ kind: 'given', name: 'a', bands: 2, modalities: [{ name: 'b', bands: [0] }] }],
      /conditions\[0\]\.modalities is .*; it must be a list of two or more/,
    ],
    ['to fill, without bands', [{ kind: 'fill', name: 'a' }], /conditions\[0\]\.bands is missing/],
    [
      'of other classes',
      [{ ...conditions[1], classes: ['a'] }, ...conditions.slice(2)],
      /needs 2 class embeddings/,
    ],
    ['of other numbers', conditions.slice(1), /gives 1 numbers \(two a cyclic one\); the network takes 3/],
    [
      'of two classes',
      [...conditions, { ...conditions[1], name: 'c' }],
      /has 2 classes; a network takes one/,
    ],
    ['of other images', conditions.slice(0, 3), /has 1 bands, but the network of config\.json takes 3/],
  ])('are refused by name in a file: %s', async (_, told, message) => {
    const files = await saved();
    const file = JSON.parse(new TextDecoder().decode(files.files.get('diffusion_ssl.json')));
    files.files.set(
      'diffusion_ssl.json',
      new TextEncoder().encode(JSON.stringify({ ...file, conditions: told })),
    );
    await expect(fromPretrained(files)).rejects.toThrow(message);
    await expect(fromPretrained(files)).rejects.toThrow(CheckpointError);
  });

  it('are refused where they are not those of the network', async () => {
    await expect(saved(conditions.slice(1))).rejects.toThrow(/savePretrained: conditions gives 1 numbers/);
    await expect(saved(conditions.slice(0, 3))).rejects.toThrow(/there are 1 bands; the network takes 3/);
    await expect(saved(conditions.slice(1))).rejects.toThrow(ConfigError);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { CheckpointError } from '../../src/errors/CheckpointError.js';
import { ConfigError } from '../../src/errors/ConfigError.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { toTorchStateDict } from '../../src/interop/toTorchStateDict.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { normalizeRaster } from '../../src/normalization/normalizeRaster.js';
import { checkBands } from '../../src/pretrained/checkBands.js';
import { fromPretrained } from '../../src/pretrained/fromPretrained.js';
import { type SavePretrainedOptions, savePretrained } from '../../src/pretrained/savePretrained.js';
import { ExponentialMovingAverage } from '../../src/training/ExponentialMovingAverage.js';
import { encodeCheckpoint } from '../../src/training/encodeCheckpoint.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { MemoryFiles } from '../support/MemoryFiles.js';

const config = {
  inChannels: 2,
  outChannels: 3,
  patchSize: 2,
  filterConfig: [2, 2, 3, 2, 4, 4],
  blockNum: [1, 2, 1, 1, 1, 1],
  timeEmbeddingDim: 4,
  dropoutType: 'spatial',
  upmode: 'deconv_1',
  useSkipAtt: false,
  dropoutRate: 0.2,
  skipDropRate: 0.1,
} as const;
const options: SavePretrainedOptions = {
  config,
  bands: [{ name: 'red', unit: 'reflectance × 10000', wavelength: 0.665 }, { name: 'nir' }],
  diffusion: {
    schedule: 'linear',
    timesteps: 50,
    betaStart: 1e-4,
    betaEnd: 0.3,
    predictionType: 'v',
    zeroTerminalSnr: true,
  },
  normalization: {
    strategy: 'z_value',
    procedure: 'gpb',
    globalStats: { mean: Float64Array.of(10, 20), std: [2, 4] },
    nodata: [-9999],
  },
  size: [64, 128],
  classes: [{ name: 'water', colour: '#0072b2' }, { name: 'land' }],
};
let model: ReturnType<typeof unetAttD>;
let saved: Map<string, Uint8Array>;

beforeAll(async () => {
  await startTestBackend();
  model = unetAttD({ ...config, seed: 5 });
  const files = new MemoryFiles();
  await expectTensorsKept(0, () => savePretrained(model, files, { ...options, card: '# A card\n' }));
  saved = files.files;
});

const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const bytesOf = (value: unknown) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const jsonOf = (name: string) => JSON.parse(textOf(saved.get(name)));

describe('savePretrained and fromPretrained', () => {
  it('keep the network, its config and what it was trained for', async () => {
    const files = new MemoryFiles(saved);
    const before = tf.memory().numTensors;
    const { model: again, remarks, ...rest } = await fromPretrained(files);
    expect(await toTorchStateDict(namedParameters(again))).toEqual(
      await toTorchStateDict(namedParameters(model)),
    );
    const { config: _, normalization, ...description } = options;
    expect(rest).toEqual({
      factory: 'unetAttD',
      config: { ...config, skipDropRate: new Array(5).fill(0.1) },
      ...description,
      normalization: { ...normalization, globalStats: { mean: [10, 20], std: [2, 4] } },
    });
    expect(remarks).toEqual([]);
    expect(files.closed).toBe(files.opened);
    const [x, t] = [tf.ones([1, 64, 64, 2]), tf.tensor1d([3], 'int32')];
    const predictions = [model, again].map((one) => one.predict([x, t]) as tf.Tensor);
    expect(await predictions[1].data()).toEqual(await predictions[0].data());
    tf.dispose([x, t, predictions]);
    again.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("write torch's names, a card, and the same bytes again", async () => {
    expect([...saved.keys()].sort()).toEqual([
      'README.md',
      'config.json',
      'diffusion_ssl.json',
      'model.safetensors',
    ]);
    expect(jsonOf('config.json')).toMatchObject({
      _class_name: 'unetAttD',
      ...{ in_channels: 2, patch_size: 2, filter_config: [2, 2, 3, 2, 4, 4], use_skipAtt: false },
    });
    expect(textOf(saved.get('README.md'))).toBe('# A card\n');
    expect([...readSafetensors(saved.get('model.safetensors')!).tensors.keys()].sort()).toEqual(
      namedParameters(model)
        .map(({ name }) => name)
        .sort(),
    );
    const files = new MemoryFiles(saved);
    await savePretrained(model, files, options);
    expect(files.files).toEqual(saved);
  });

  it('scale chips as they were in training', async () => {
    const { normalization, bands, model: again } = await fromPretrained(new MemoryFiles(saved));
    const chip = { height: 1, width: 2, channels: 2, data: Float32Array.of(12, -9999, 8, 24) };
    checkBands(bands, { count: 2, names: ['Red', 'NIR'] });
    expect([...normalizeRaster(chip, normalization!).data]).toEqual([1, 0, -1, 1]);
    again.dispose();
  });

  it('say what a folder does not say', async () => {
    const files = new MemoryFiles();
    await savePretrained(model, files, { config, bands: [{ name: 'red' }, {}] });
    const { remarks, normalization, diffusion, model: again } = await fromPretrained(files);
    expect([normalization, diffusion]).toEqual([undefined, undefined]);
    expect(remarks).toEqual([
      'memory/diffusion_ssl.json does not say: how its chips are scaled, its diffusion, the names of its bands.',
    ]);
    again.dispose();
  });

  it.each<[string, Partial<SavePretrainedOptions>, RegExp]>([
    [
      'another config',
      { config: { ...config, filterConfig: [2, 2, 3, 2, 4, 6] } },
      /the network is not the unetAttD of this config/,
    ],
    ['too few bands', { bands: [{}] }, /there are 1 bands; the network takes 2/],
    [
      'a schedule that there is not',
      { diffusion: { ...options.diffusion!, schedule: 'x' as 'linear' } },
      /diffusion: makeBetaSchedule.*'x'/,
    ],
    [
      'statistics of another count',
      { normalization: { ...options.normalization, globalStats: { mean: [1], std: [1] } } },
      /globalStats\.mean is \[1\]; it must be 2 numbers/,
    ],
  ])('refuse to write %s', async (_, change, message) => {
    const files = new MemoryFiles();
    const error = await savePretrained(model, files, { ...options, ...change }).catch(
      (reason: Error) => reason,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
    expect(files.files.size).toBe(0);
  });
});

describe('a folder that is not what it says', () => {
  type Change = [what: string, change: (files: Map<string, Uint8Array>) => void, message: RegExp];
  const edit = (name: string, change: object) => (files: Map<string, Uint8Array>) =>
    files.set(name, bytesOf({ ...jsonOf(name), ...change }));
  const said = (what: string, change: object, message: RegExp): Change => [
    what,
    edit('diffusion_ssl.json', change),
    message,
  ];
  const config = (what: string, change: object, message: RegExp): Change => [
    what,
    edit('config.json', change),
    message,
  ];
  const tensors = () => readSafetensors(saved.get('model.safetensors')!).tensors;
  const cases: Change[] = [
    [
      'nothing',
      (files) => files.clear(),
      /^memory has no diffusion_ssl\.json, and no best\.safetensors or latest/,
    ],
    ...['config.json', 'model.safetensors'].map(
      (name): Change => [
        `no ${name}`,
        (files) => files.delete(name),
        new RegExp(`^memory/${name}: there is no such file`),
      ],
    ),
    ...['diffusion_ssl.json', 'config.json'].flatMap((name): Change[] => [
      [
        `${name} cut`,
        (files) => files.set(name, files.get(name)!.slice(0, 20)),
        new RegExp(`^memory/${name}: it is not JSON`),
      ],
      [
        `${name} a list`,
        (files) => files.set(name, bytesOf([1])),
        new RegExp(`^memory/${name}: it is \\[1\\]; it must be an object`),
      ],
      [`${name} null`, (files) => files.set(name, bytesOf(null)), new RegExp(`^memory/${name}: it is null`)],
    ]),
    [
      'weights cut',
      (files) => files.set('model.safetensors', files.get('model.safetensors')!.slice(0, -4)),
      /^memory\/model\.safetensors: readSafetensors: /,
    ],
    said('another version', { version: 2 }, /version is 2; this package reads version 1/),
    said(
      'another factory',
      { factory: 'UNet2DModel' },
      /factory is "UNet2DModel"; this package has unetAttD, unet2d, .*, ditTransformer2d\.$/,
    ),
    said('a factory of Object', { factory: 'constructor' }, /factory is "constructor"/),
    said('no bands', { bands: [] }, /bands is \[\]; it must be a list/),
    said(
      'three bands',
      { bands: [{}, {}, {}], normalization: null },
      /has 3 bands, but the network of config\.json takes 2/,
    ),
    said('too many bands', { bands: new Array(1e5).fill({}) }, /bands is .*; it must be a list/),
    said('a band of nothing', { bands: [{}, 'red'] }, /bands\[1\] is "red"; it must be an object/),
    said('a name that is a number', { bands: [{ name: 4 }, {}] }, /bands\[0\]\.name is 4; it must be a text/),
    said('a wavelength of text', { bands: [{ wavelength: '665' }, {}] }, /bands\[0\]\.wavelength is "665"/),
    said(
      'a billion timesteps',
      { diffusion: { ...options.diffusion, timesteps: 1e9 } },
      /diffusion: makeBetaSchedule: .*1000000000/,
    ),
    said(
      'no schedule',
      { diffusion: { timesteps: 5, predictionType: 'v' } },
      /diffusion\.schedule is missing/,
    ),
    said(
      'an unknown prediction',
      { diffusion: { ...options.diffusion, predictionType: 'epsilon' } },
      /predictionType is "epsilon"; it must be one of noise, x0, v/,
    ),
    said(
      'an unknown scaling',
      { normalization: { strategy: 'log' } },
      /normalization: normalizeRaster: .*'log'/,
    ),
    said(
      'global statistics missing',
      { normalization: { strategy: 'z_value', procedure: 'gpb' } },
      /normalization: normalizeRaster: /,
    ),
    said(
      'statistics of other bands',
      { normalization: { ...options.normalization, globalStats: { mean: [1, 2, 3], std: [1, 2, 3] } } },
      /globalStats\.mean is \[1,2,3\]; it must be 2 numbers/,
    ),
    said(
      'statistics of text',
      { normalization: { ...options.normalization, globalStats: { mean: ['a', 'b'], std: [1, 2] } } },
      /globalStats\.mean is \["a","b"\]/,
    ),
    said(
      'correlations of other bands',
      {
        normalization: {
          ...options.normalization,
          strategy: 'whiten',
          globalStats: { mean: [1, 2], std: [1, 2], correlation: [[1]] },
        },
      },
      /normalization: normalizeRaster: globalStats\.correlation.* 2 bands/,
    ),
    said(
      'correlations that are none',
      {
        normalization: {
          ...options.normalization,
          strategy: 'whiten',
          globalStats: { mean: [1, 2], std: [1, 2], correlation: 5 },
        },
      },
      /normalization: normalizeRaster: globalStats\.correlation is 5/,
    ),
    said('a size of nothing', { size: [0, 64] }, /size is \[0,64\]/),
    said('no class', { classes: [] }, /classes is \[\]; it must be a list of the classes/),
    said(
      'a class without a name',
      { classes: [{ name: 'a' }, { colour: '#ffffff' }] },
      /classes\[1\]\.name is missing/,
    ),
    said('a colour by name', { classes: [{ name: 'a', colour: 'red' }] }, /classes\[0\]\.colour is "red"/),
    said(
      'another save',
      { save: '0'.repeat(16) },
      /^memory: model\.safetensors and diffusion_ssl\.json are of two networks or saves/,
    ),
    config(
      'another class',
      { _class_name: 'UNet2DModel' },
      /config\.json is of "UNet2DModel", but diffusion_ssl\.json speaks of unetAttD/,
    ),
    config(
      'other widths',
      { filter_config: [2, 2, 3, 2, 4, 6] },
      /^memory\/model\.safetensors: .*wrong shape: encoder_6/s,
    ),
    config(
      'huge widths',
      { filter_config: new Array(6).fill(65_536) },
      /^memory\/model\.safetensors: .*wrong shape/s,
    ),
    config(
      'absurd widths',
      { filter_config: new Array(6).fill(1e9) },
      /^memory\/config\.json: unetAttD: filterConfig/,
    ),
    config('widths of text', { filter_config: 'wide' }, /^memory\/config\.json: unetAttD: filterConfig/),
    config(
      'attention of text',
      { use_skipAtt: 'yes' },
      /^memory\/config\.json: use_skipAtt must be true or false/,
    ),
    config('bands of text', { in_channels: 'two' }, /^memory\/config\.json: unetAttD: inChannels/),
    [
      'a tensor that is not finite',
      (files) => {
        const changed = tensors();
        const bias = changed.get('output_conv.bias')!;
        changed.set('output_conv.bias', {
          ...bias,
          data: new Float32Array(bias.data.length).fill(Number.NaN),
        });
        files.set('model.safetensors', writeSafetensors(changed));
      },
      /^memory\/model\.safetensors: .*not finite: output_conv\.bias has 12 NaN/s,
    ],
    [
      'an index that leaves the folder',
      (files) => {
        files.set('model.safetensors.index.json', bytesOf({ weight_map: { a: '../../etc/x.safetensors' } }));
      },
      /tensor 'a' is in "\.\.\/\.\.\/etc\/x\.safetensors"; it must be the name of a \.safetensors file beside/,
    ],
  ];

  it.each(cases)('%s: is refused by name, and leaves no tensor', async (_, spoil, message) => {
    const files = new MemoryFiles(saved);
    spoil(files.files);
    const begun = performance.now();
    const error = await expectTensorsKept(0, () => fromPretrained(files).catch((reason: Error) => reason));
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as Error).message).toMatch(message);
    expect(files.closed).toBe(files.opened);
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});

describe('the folder of a run from before there were models', () => {
  const network = { ...config, seed: 1 };
  const trainer = {
    config: {
      ...{
        filterConfig: config.filterConfig,
        blockNum: config.blockNum,
        dropoutRate: 0.2,
        dropoutType: 'spatial',
      },
      ...{
        skipDropRate: [0.1],
        zeroTerminalSnr: false,
        upmode: 'deconv_1',
        attention: false,
        timeEmbeddingDim: 4,
        patchSize: 2,
        seed: 0,
      },
      ...{ normalization: 'z_value', statistics: 'gpb', clipPercent: 0, nodata: [-1] },
      ...{
        noiseSchedule: 'squaredcos_cap_v2',
        timesteps: 20,
        betaStart: 1e-6,
        betaEnd: 0.02,
        predictionType: 'x0',
      },
    },
    chips: {
      shape: [32, 32, 2],
      statistics: { mean: [1, 2], std: [3, 4], lab: { mean: [1.5, 1.5] } },
      shownBands: [0],
    },
  };
  const write = async (state: unknown, files = new MemoryFiles(), name = 'best.safetensors') => {
    const parameters = namedParameters(unetAttD({ ...network, outChannels: 2, seed: 5 }));
    const ema = new ExponentialMovingAverage(parameters, 0.5);
    for (const { variable, spec } of parameters) if (spec.trainable) variable.assign(tf.zerosLike(variable));
    files.files.set(name, await encodeCheckpoint({ parameters, ema }, state));
    const average = await ema.apply(() => toTorchStateDict(parameters));
    ema.dispose();
    return { files, average };
  };

  it('gives the average of its best weights, and says what it does not', async () => {
    const { files, average } = await write(trainer);
    await write({}, files, 'latest.safetensors');
    const { model: again, remarks, bands, normalization, diffusion, size } = await fromPretrained(files);
    expect(await toTorchStateDict(namedParameters(again))).toEqual(average);
    expect(bands).toEqual([{}, {}]);
    expect(normalization).toEqual({
      ...{ strategy: 'z_value', procedure: 'gpb', clipPercent: 0, nodata: [-1] },
      globalStats: trainer.chips.statistics,
    });
    expect(diffusion).toEqual({
      ...{
        schedule: 'squaredcos_cap_v2',
        timesteps: 20,
        betaStart: 1e-6,
        betaEnd: 0.02,
        predictionType: 'x0',
      },
      zeroTerminalSnr: false,
    });
    expect(size).toEqual([32, 32]);
    expect(remarks).toEqual([
      expect.stringMatching(
        /^memory\/best\.safetensors is a checkpoint .* does not say: the names and units of its bands\.$/,
      ),
    ]);
    again.dispose();
  });

  it('also of the first versions, and of the page', async () => {
    const { predictionType: _, ...older } = trainer.config;
    const old = await write({ config: older }, undefined, 'latest.safetensors');
    const first = await fromPretrained(old.files);
    expect(first.normalization).toBeUndefined();
    expect(first.diffusion?.predictionType).toBe('noise');
    expect(first.remarks[0]).toMatch(/bands, the statistics that its chips were scaled by\.$/);
    const page = await write({
      ...{ app: 'diffusion-ssl page', network: { ...network, outChannels: 2 }, predictionType: 'v' },
      ...{ schedule: { type: 'linear', timesteps: 9 }, scaling: { normalization: null } },
    });
    const second = await fromPretrained(page.files);
    expect(second.diffusion).toMatchObject({ schedule: 'linear', timesteps: 9, predictionType: 'v' });
    expect(second.normalization).toBeNull();
    for (const { model: one } of [first, second]) one.dispose();
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', {}, /its header does not say which network it is of/],
    ['another network', { config: { ...trainer.config, filterConfig: [2, 2, 3, 2, 4, 6] } }, /wrong shape/],
    ['absurd', { config: { ...trainer.config, blockNum: 7 } }, /best\.safetensors: unetAttD: blockNum/],
    ['a list', [1], /run state in its header is damaged/],
  ])('is refused by name where its state is %s', async (_, state, message) => {
    const { files } = await write(state);
    const error = await expectTensorsKept(0, () => fromPretrained(files).catch((reason: Error) => reason));
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as Error).message).toMatch(message);
  });
});

describe('checkBands', () => {
  const bands = [{ name: 'red' }, {}, { name: 'nir' }];
  it.each([
    [{ count: 3 }, undefined],
    [{ count: 3, names: ['RED', 'x', 'nir'] }, undefined],
    [{ count: 3, names: [undefined, 'x'] }, undefined],
    [{ count: 2 }, /^checkBands: the network takes 3 bands \(red, band 2, nir\); the chips have 2\.$/],
    [
      { count: 3, names: ['nir', 'x', 'red'], what: 'a.tif' },
      /band 1 of the network is red, that of a\.tif nir\. Give red, band 2, nir in this order; a\.tif have nir, x, red\.$/,
    ],
  ])('%j', (chips, message) => {
    if (message) expect(() => checkBands(bands, chips)).toThrow(message);
    else checkBands(bands, chips);
  });
});

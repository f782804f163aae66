import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadLora } from 'diffusion-ssl/adapters';
import { dit, namedParameters, unet2d, uVit } from 'diffusion-ssl/models';
import { fromPretrained, savePretrained } from 'diffusion-ssl/pretrained';
import { folderFiles } from 'diffusion-ssl/training/node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { buildTrainer, type Trainer } from '../../../test/support/trainer.js';
import { lora } from '../src/commands/lora.js';
import { parseLoraOptions } from '../src/lora/loraOptions.js';
import { statisticsDistance } from '../src/lora/statisticsDistance.js';
import { SIDE, saveSmallModel, writeLabelledChips } from './labelledChips.js';
import { refusalOf } from './refusalOf.js';

const folder = mkdtempSync(path.join(tmpdir(), 'lora-'));
const at = (...names: string[]) => path.join(folder, ...names);
const json = (...names: string[]) => JSON.parse(readFileSync(at(...names), 'utf8'));
const said: string[] = [];
let trainer: Trainer | undefined;
let [catalog, old] = ['', ''];

/** A transformer or U-Net of diffusers of two bands with random weights, as a pretrained one is. */
async function saveOther(factory: 'unet2d' | 'uVit' | 'dit'): Promise<void> {
  const plain = { patchSize: 8, depth: 2, numHeads: 2 };
  const blocks = {
    downBlockTypes: ['DownBlock2D', 'AttnDownBlock2D'],
    upBlockTypes: ['AttnUpBlock2D', 'UpBlock2D'],
  };
  const configs = {
    unet2d: { inChannels: 2, outChannels: 2, blockOutChannels: [8, 8], normNumGroups: 4, ...blocks },
    uVit: { ...plain, imgSize: [SIDE, SIDE] as [number, number], inChans: 2, embedDim: 16 },
    dit: {
      ...{ ...plain, inputSize: [SIDE, SIDE] as [number, number], inChannels: 2, hiddenSize: 16 },
      ...{ numClasses: null, learnSigma: false },
    },
  };
  const model = {
    unet2d: () => unet2d(configs.unet2d),
    uVit: () => uVit(configs.uVit),
    dit: () => dit(configs.dit),
  };
  await savePretrained(model[factory](), folderFiles(at(factory)), {
    factory,
    config: configs[factory] as never,
    bands: [{ name: 'a' }, { name: 'b' }],
    diffusion: { schedule: 'squaredcos_cap_v2', timesteps: 1000, predictionType: 'noise' },
    normalization: { strategy: 'z_value', procedure: 'gpb', globalStats: { mean: [2, 1.1], std: [1.3, 1] } },
    size: [SIDE, SIDE],
  });
}

beforeAll(async () => {
  for (const name of ['log', 'error', 'warn'] as const) {
    vi.spyOn(console, name).mockImplementation((line: string) => void said.push(line));
  }
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(100);
  await startTestBackend();
  catalog = writeLabelledChips(at('chips'), { train: 8, validate: 4 });
  old = writeLabelledChips(at('old'), { train: 4, validate: 2 });
  await saveSmallModel(at('pretrained'), 0, [2, 1, 1, 1, 1, 1]);
});
afterEach(() => {
  process.exitCode = undefined;
});
afterAll(() => {
  trainer?.close();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const options = (out: string, ...more: string[]) => [
  ...['--data', at('chips'), '--catalog', catalog, '--out', at(out), '--batch', '4', '--epochs', '3'],
  ...['--samples', '3', '--sample-steps', '2', ...more],
];
const run = (out: string, ...more: string[]) => [at('pretrained'), ...options(out, ...more)];
const sites = () => ['--old-data', at('old'), '--old-catalog', old];
/** In this process: without workers, whose file stands in the built package, which a fresh clone does not have yet. */
const here = ['--workers', '0'];

async function weightsOf(...names: string[]): Promise<Map<string, Float32Array>> {
  const { model } = await fromPretrained(folderFiles(at(...names)));
  const values = new Map<string, Float32Array>();
  for (const { name, variable } of namedParameters(model)) values.set(name, await variable.data<'float32'>());
  model.dispose();
  return values;
}

describe('lora', () => {
  it('trains adapters alone, and leaves them, the network with them, losses and samples of both sites', async () => {
    const flags = [
      '--rank',
      '2',
      '--alpha',
      '8',
      '--lr',
      '0.01',
      '--exclude',
      'conv_last',
      '--merge',
      '--ema',
      '0.5',
    ];
    await lora(run('plain', ...sites(), ...flags, ...here));
    expect(process.exitCode, said.join('\n')).toBeUndefined();
    const report = json('plain', 'report.json');
    expect(report.step).toBe(6);
    for (const site of ['new', 'old']) {
      expect(report.loss[site].after).toBeLessThan(report.loss[site].before);
      expect(report.distance[site].before).toBeGreaterThan(0);
      expect(report.distance[site].after).not.toBe(report.distance[site].before);
    }
    const [head, ...rows] = readFileSync(at('plain/log.csv'), 'utf8').trimEnd().split('\n');
    expect(head).toBe('epoch,step,trainLoss,new,old');
    const table = rows.map((row) => row.split(',').map(Number));
    expect(table.map(([epoch, step]) => [epoch, step])).toEqual([
      [0, 0],
      [1, 2],
      [2, 4],
      [3, 6],
    ]); // prettier-ignore
    expect(table[3][3]).toBe(report.loss.new.after);
    expect(statSync(at('plain/samples.png')).size).toBeGreaterThan(1000);
    const checkpoint = readFileSync(at('plain/latest.safetensors'));
    const header = checkpoint.subarray(8, 8 + Number(checkpoint.readBigUInt64LE())).toString();
    expect(header).not.toMatch(/"[^"]*block\.0\.weight"/);
    expect(header).toMatch(/"optimizer\.exp_avg\.[^"]*lora_A\.weight"/);

    // The command has ended its backend.
    await startTestBackend();
    const before = await weightsOf('pretrained');
    const merged = await weightsOf('plain', 'model');
    const { model } = await fromPretrained(folderFiles(at('pretrained')));
    const loaded = (await loadLora({ unet: model }, folderFiles(at('plain/adapter')))).unet!;
    expect(new Set(Object.values(loaded.ranks))).toEqual(new Set([2]));
    expect(new Set(Object.values(loaded.scalings))).toEqual(new Set([4]));
    loaded.merge();
    let changed = 0;
    for (const { name, variable } of namedParameters(model)) {
      const values = await variable.data<'float32'>();
      expect(values, name).toEqual(merged.get(name));
      if (values.some((value, i) => value !== before.get(name)![i])) changed++;
    }
    expect(changed).toBe(Object.keys(loaded.ranks).length);
    expect(Object.keys(loaded.ranks).some((name) => name.includes('conv_last'))).toBe(false);
    loaded.unmerge();
    const count = loaded.parameters.reduce((sum, { variable }) => sum + variable.size, 0);
    expect([report.trained, count]).toEqual([count, count]);
    model.dispose();
  }, 60_000);

  it('with --full trains all weights and leaves a network', async () => {
    await lora(run('full', '--full', '--epochs', '1', '--samples', '0', ...here));
    expect(process.exitCode, said.join('\n')).toBeUndefined();
    expect(json('full', 'report.json').share).toBe(1);
    await startTestBackend();
    const before = await weightsOf('pretrained');
    const after = await weightsOf('full', 'model');
    const same = [...after].filter(([name, values]) =>
      values.every((value, i) => value === before.get(name)![i]),
    );
    expect(same.map(([name]) => name).filter((name) => name.endsWith('weight'))).toEqual([]);
  }, 60_000);

  it.each(['unet2d', 'uVit', 'dit'] as const)(
    'adapts %s',
    async (factory) => {
      await startTestBackend();
      await saveOther(factory);
      const flags = [
        '--rank',
        '1',
        '--epochs',
        '1',
        '--samples',
        '1',
        '--format',
        'peft',
        '--rslora',
        '--dropout',
        '0.1',
      ];
      await lora([at(factory), ...options(`of-${factory}`, ...flags, ...here)]);
      expect(process.exitCode, said.join('\n')).toBeUndefined();
      expect(json(`of-${factory}`, 'adapter', 'adapter_config.json')).toMatchObject({
        r: 1,
        use_rslora: true,
      });
      const { loss, share } = json(`of-${factory}`, 'report.json');
      expect(Object.keys(loss)).toEqual(['new']);
      expect(share).toBeLessThan(0.5);
      await startTestBackend();
      const { model } = await fromPretrained(folderFiles(at(factory)));
      await loadLora({ unet: model }, folderFiles(at(`of-${factory}`, 'adapter')));
      model.dispose();
    },
    60_000,
  );

  it('killed, or stopped by a signal, and resumed ends with the same bytes', async () => {
    trainer = buildTrainer();
    const start = (...args: string[]) => trainer!.start(['lora', ...args], { script: 'trainer/src/main.ts' });
    const more = ['--checkpoint-steps', '1', '--dropout', '0.3', '--merge'];
    const whole = await start(...run('whole', ...more)).ended;
    expect(whole.code, whole.stderr).toBe(0);
    const bytes = (name: string, file: string) => readFileSync(at(name, file));
    // What a run leaves is a part of it: --merge need not be said again.
    const resumed = ['--out', at('stopped'), '--resume', '--checkpoint-steps', '1'];
    for (const [signal, args, size] of [
      ['SIGKILL', run('stopped', ...more), 200],
      ['SIGINT', resumed, 700],
    ] as const) {
      const begun = start(...args);
      await vi.waitFor(() => expect(statSync(at('stopped/log.jsonl')).size).toBeGreaterThan(size), {
        timeout: 60_000,
        interval: 20,
      });
      begun.child.kill(signal);
      expect((await begun.ended).code).not.toBe(0);
    }
    const again = await start(...resumed).ended;
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toMatch(/resuming .* at step \d+/);
    for (const file of [
      ...[
        'latest.safetensors',
        'log.csv',
        'log.jsonl',
        'report.json',
        'samples.png',
        'model/model.safetensors',
      ],
      'adapter/pytorch_lora_weights.safetensors',
    ])
      expect(bytes('stopped', file).equals(bytes('whole', file)), file).toBe(true);
  }, 240_000);

  it('refuses another configuration on resuming, another network, chips that are none for it', async () => {
    const failed = async (...args: string[]) => {
      await lora([...args, ...here]);
      expect(process.exitCode).toBe(1);
      process.exitCode = undefined;
      return said.at(-1);
    };
    expect(await failed(...run('plain'))).toMatch(/holds a run already: go on with it by --resume/);
    const resumed = ['--out', at('plain'), '--resume'];
    expect(await failed(...resumed, '--rank', '4')).toMatch(/leave out --rank \(the run has 2\)/);
    expect(await failed(...resumed, '--format', 'peft')).toMatch(
      /leave out --format \(the run has "diffusers"/,
    );
    // A site that was not looked at before the first step has nothing to be compared with.
    expect(await failed('--out', at('full'), '--resume', ...sites())).toMatch(
      /changed since: the catalog's training rows \(old site\)/,
    );
    await startTestBackend();
    await saveSmallModel(at('other'), 1, [2, 1, 1, 1, 1, 1]);
    expect(await failed(at('other'), ...resumed)).toMatch(/has changed since: the pretrained network/);
    const fewer = at('chips', 'fewer.csv');
    writeFileSync(fewer, readFileSync(catalog, 'utf8').replace(/images\/validate0.*\n/, ''));
    expect(await failed(...resumed, '--data', at('chips'), '--catalog', fewer)).toMatch(
      /changed since: the catalog's validation rows \(new site\)/,
    );
    expect(await failed(...run('wrong', '--targets', 'to_q'))).toMatch(
      /--targets: 'to_q' fits no linear layer/,
    );
    expect(await failed(...run('wrong', '--targets', '('))).toMatch(/--targets: Invalid regular expression/);
    expect(await failed(...run('wrong', '--input-bands', 'a'))).toMatch(
      /^error: the network takes 2 bands \(a, b\); .*catalog.csv have 1/,
    );
    expect(await failed(...run('wrong', '--size', '24'))).toMatch(
      /24 × 24 pixels; the network needs multiples of 32/,
    );
    const large = writeLabelledChips(at('large'), { train: 4, validate: 2 }, 64);
    const others = ['--old-data', at('large'), '--old-catalog', large];
    expect(await failed(...run('wrong', ...others))).toMatch(
      /chips of 64 × 64 pixels, the new site of 32 × 32/,
    );
  }, 60_000);
});

describe('its options', () => {
  it.each([
    [['x'], /give the folder of a pretrained network, --data and --catalog/],
    [['--data', 'x', '--catalog', 'y'], /give the folder of a pretrained network/],
    [['x', '--data', 'x', '--catalog', 'y', '--old-data', 'z'], /--old-data and --old-catalog go together/],
    [['x', '--data', 'x', '--catalog', 'y', '--windows', 'random'], /--windows needs --size/],
    [
      ['x', '--data', 'x', '--catalog', 'y', '--full', '--rank', '2'],
      /--full trains all weights: leave out --rank/,
    ],
  ])('%j is refused', (args, message) => {
    expect(refusalOf(() => parseLoraOptions(args))).toMatch(message);
  });

  it('give adapters and all weights rates of their own', () => {
    const { config } = parseLoraOptions(['x', '--data', 'x', '--catalog', 'y', '--targets', 'to_q,to_v']);
    expect(config).toMatchObject({ rank: 4, targets: ['to_q', 'to_v'], full: false, model: 'x' });
    expect(config.chips).toMatchObject({ normalization: 'none', augmentation: 'flips', epochs: 10 });
  });
});

describe('statisticsDistance', () => {
  const image = (value: number) => ({
    ...{ height: 2, width: 2, channels: 1 },
    data: Float32Array.of(value, value + 1, value + 2, value + 4),
  });
  it('is none of the same images, and grows with what is added to them', () => {
    const real = [0, 1, 2, 5].map(image);
    expect(statisticsDistance(real, real)).toBeCloseTo(0, 6);
    const [near, far] = [1, 3].map((shift) =>
      statisticsDistance(
        [0, 1, 2, 5].map((v) => image(v + shift)),
        real,
      ),
    );
    // Mean and three quantiles move by the shift; deviation and steps do not. The values deviate by √(14/3).
    expect(near).toBeCloseTo((4 * 1) / (14 / 3), 5);
    expect(far).toBeCloseTo((4 * 9) / (14 / 3), 5);
  });
});

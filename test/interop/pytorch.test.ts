import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPeer } from '../../bench/findPeer.js';
import type { PretrainConfig } from '../../examples/trainer/src/config/pretrainOptions.js';
import { loadTorchStateDict } from '../../src/interop/loadTorchStateDict.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { readWeights } from '../../src/interop/readWeights.js';
import type { SafetensorsTensor } from '../../src/interop/safetensorsTypes.js';
import { toTorchStateDict } from '../../src/interop/toTorchStateDict.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { randomNormal } from '../../src/ops/random.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { savePretrained } from '../../src/pretrained/savePretrained.js';
import { ExponentialMovingAverage } from '../../src/training/ExponentialMovingAverage.js';
import { encodeCheckpoint } from '../../src/training/encodeCheckpoint.js';
import { folderFiles } from '../../src/training/node/folderFiles.js';
import { startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { readFixture } from '../support/fixtures.js';
import { type TorchConfig, unetConfig } from '../support/unetConfig.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'pytorch-'));
const python = findPeer();
const reason = python ? '' : ' (skipped: no Python with torch and safetensors; PEER_PYTHON names one)';
const tolerance = { abs: 1e-4, rel: 1e-4 };

const { cases } = readFixture<{ cases: { name: string; config: TorchConfig; input_shape_nhwc: number[] }[] }>(
  'unet/cases.json',
);
const file = (name: string) => path.join(folder, name);
const read = (name: string) => readFileSync(file(name));

beforeAll(startTestBackend);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program that finds the Python of the tests as `python`, and our PyTorch network. */
function run(program: string, args: string[]): void {
  const bin = file('bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(path.join(bin, 'python'), `#!/bin/sh\nexec "${python}" "$@"\n`, { mode: 0o755 });
  const env = {
    ...process.env,
    PATH: `${bin}${path.delimiter}${process.env.PATH}`,
    PYTHONPATH: path.join(root, 'bench/peers'),
    PYTHONDONTWRITEBYTECODE: '1',
    OMP_NUM_THREADS: '1',
  };
  const { status, stderr } = spawnSync(program, args, { cwd: folder, env, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
}

/** A model whose weights and running statistics are no longer the initial ones. */
function trainedModel(config: TorchConfig, x: tf.Tensor, t: tf.Tensor) {
  const model = unetAttD(unetConfig(config));
  const parameters = namedParameters(model);
  const variables = parameters.filter(({ spec }) => spec.trainable).map(({ variable }) => variable);
  const optimizer = new AdamW({ learningRate: 1e-2 });
  const loss = () => tf.mean(tf.square(model.apply([x, t], { training: true }) as tf.Tensor)) as tf.Scalar;
  optimizer.minimize(loss, false, variables);
  return { model, parameters, optimizer };
}

/** Whether two state dicts are the same, whatever their order. */
function same(a: Map<string, SafetensorsTensor>, b: Map<string, SafetensorsTensor>): boolean {
  return Buffer.from(writeSafetensors(a)).equals(Buffer.from(writeSafetensors(b)));
}

const batchOf = (shape: number[], step: number) => ({
  x: randomNormal<tf.Rank.R4>(shape as [number, number, number, number], { seed: 1, stream: 0, step }),
  t: tf.tensor1d(
    Array.from({ length: shape[0] }, (_, i) => (i * 331) % 1000),
    'int32',
  ),
});

/** A tensor as the files hold it. */
async function onHost(tensor: tf.Tensor): Promise<SafetensorsTensor> {
  const dtype = tensor.dtype === 'int32' ? 'I32' : 'F32';
  return { dtype, shape: tensor.shape, data: (await tensor.data()) as Float32Array | Int32Array };
}

const predict = async (model: ReturnType<typeof unetAttD>, { x, t }: ReturnType<typeof batchOf>) =>
  (model.predict([x, t]) as tf.Tensor).data();

describe.skipIf(!python)(`PyTorch itself${reason}`, () => {
  const batches = cases.map(
    ({ input_shape_nhwc }, i) =>
      () =>
        batchOf(input_shape_nhwc, i),
  );
  const outputs: ArrayLike<number>[] = [];

  beforeAll(async () => {
    for (const [i, { name, config }] of cases.entries()) {
      const batch = batches[i]();
      const { model, parameters } = trainedModel(config, batch.x, batch.t);
      outputs.push(await predict(model, batch));
      writeFileSync(file(`${name}.here.safetensors`), writeSafetensors(await toTorchStateDict(parameters)));
      const tensors = { x: await onHost(batch.x), t: await onHost(batch.t) };
      writeFileSync(file(`${name}.batch.safetensors`), writeSafetensors(tensors));
    }
    writeFileSync(file('cases.json'), JSON.stringify(cases));
    run('python', [fileURLToPath(new URL('torchPeer.py', import.meta.url)), folder]);
  });

  describe.each(cases.map((unet, i) => ({ ...unet, i })))('$name', ({ name, config, i }) => {
    const torchOutput = (key: string) =>
      readSafetensors(read(`${name}.outputs.safetensors`)).tensors.get(key)!.data as Float32Array;

    it('loads weights written here with strict=True and predicts the same', () => {
      expectClose(outputs[i], torchOutput('here'), tolerance);
    });

    it('writes weights that predict the same here, after a training step of its own', async () => {
      const model = unetAttD(unetConfig(config));
      loadTorchStateDict(namedParameters(model), readWeights(read(`${name}.torch.safetensors`)));
      const output = await predict(model, batches[i]());
      expectClose(output, torchOutput('torch'), tolerance);
      const change = Array.from(output, (value, k) => Math.abs(value - outputs[i][k]));
      expect(Math.max(...change)).toBeGreaterThan(1e-2);
    });
  });
});

describe.skipIf(!python)(`the commands of docs/pytorch.md${reason}`, () => {
  const page = readFileSync(path.join(root, 'docs/pytorch.md'), 'utf8');
  const blocks = (language: string) =>
    [...page.matchAll(RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, code]) => code);
  const config: Partial<PretrainConfig> = {
    patchSize: 1,
    filterConfig: [8, 8, 16, 16, 16, 16],
    blockNum: [1, 2, 1, 1, 1, 1],
    dropoutRate: 0.1,
    dropoutType: 'spatial',
    upmode: 'DUC',
    attention: true,
    timeEmbeddingDim: 64,
  };
  const torchConfig: TorchConfig = {
    in_channels: 4,
    filter_config: config.filterConfig,
    block_num: config.blockNum,
    upmode: 'DUC',
    use_skipAtt: true,
    time_embedding_dim: 64,
  };

  it('take weights and checkpoints of a run to PyTorch and back', async () => {
    const { model, parameters, optimizer } = trainedModel(
      torchConfig,
      ...(Object.values(batchOf([2, 32, 32, 4], 0)) as [tf.Tensor, tf.Tensor]),
    );
    const ema = new ExponentialMovingAverage(parameters, 0.5);
    for (const { variable, spec } of parameters)
      if (spec.trainable) variable.assign(tf.mul(variable, 1.1) as tf.Variable);
    ema.update();
    mkdirSync(file('runs/blue-marble'), { recursive: true });
    const checkpoint = await encodeCheckpoint({ parameters, optimizer, ema }, { config });
    writeFileSync(file('runs/blue-marble/best.safetensors'), checkpoint);
    const average = await ema.apply(() => toTorchStateDict(parameters));
    await ema.apply(() =>
      savePretrained(model, folderFiles(file('runs/blue-marble/model')), {
        config: unetConfig(torchConfig),
        bands: [{}, {}, {}, {}],
      }),
    );
    const script = [
      ...blocks('python'),
      "assert loaded.missing_keys == ['head.weight', 'head.bias']",
      "assert sorted(loaded.unexpected_keys) == ['output_conv.bias', 'output_conv.weight']",
      'kept, ours = segmenter.state_dict(), load_file(f"{run}/model/model.safetensors")',
      "assert all(torch.equal(kept[name], ours[name]) for name in ours if not name.startswith('output_conv'))",
      'assert logits.shape == (2, 6, 32, 32) and logits.std() > 0',
      "torch.save(torch.nn.DataParallel(model).state_dict(), 'best_model.pth')",
    ].join('\n');
    writeFileSync(file('page.py'), script);
    run('python', ['page.py']);
    const [, convert] = blocks('bash');
    run('sh', ['-ec', convert]);

    for (const name of ['weights.safetensors', 'best_model.safetensors']) {
      loadTorchStateDict(parameters, readWeights(checkpoint, { ema: false }));
      expect(same(await toTorchStateDict(parameters), average), name).toBe(false);
      loadTorchStateDict(namedParameters(model), readWeights(read(name)));
      expect(same(await toTorchStateDict(parameters), average), name).toBe(true);
    }
  });
});

describe.skipIf(!python)(`the lines that convert weights${reason}`, () => {
  const [, docs] = /^python -c "(.*)" best_model\.pth/m.exec(
    readFileSync(path.join(root, 'docs/pytorch.md'), 'utf8').replaceAll('\\\n', ''),
  )!;

  /** The line that an error gives for a file, run on it. */
  function convert(name: string): Map<string, SafetensorsTensor> {
    let message = '';
    try {
      readWeights(read(name));
    } catch (error) {
      message = (error as Error).message;
    }
    const [line, program] = /python -c "(.*)" in\.\S+ out\.safetensors$/.exec(message) ?? [];
    expect(line, message).toBeDefined();
    if (name.endsWith('.ckpt')) expect(program).toBe(docs);
    run('sh', ['-ec', line!.replace(/in\.\S+ out\.safetensors$/, `${name} out.safetensors`)]);
    return readWeights(read('out.safetensors'));
  }

  beforeAll(() => {
    writeFileSync(
      file('files.py'),
      [
        'import json, numpy, torch',
        'from safetensors.torch import save_file',
        'model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))',
        'optimizer = torch.optim.AdamW(model.parameters())',
        'model(torch.ones(1, 3, 8, 8)).sum().backward()',
        'optimizer.step()',
        'state = model.state_dict()',
        "lightning = {**{'model.' + k: v for k, v in state.items()}, 'loss.weight': torch.ones(2)}",
        "more = {'epoch': 3, 'optimizer_states': [optimizer.state_dict()], 'hyper_parameters': {'lr': 1e-3}}",
        "torch.save({'state_dict': lightning, **more}, 'lightning.ckpt')",
        "old = {'optimizer': optimizer.state_dict(), 'model': state}",
        "torch.save(old, 'old.bin', _use_new_zipfile_serialization=False)",
        't = torch.arange(6.0).reshape(2, 3)',
        "torch.save({'turned': t.T, 'tied': t, 'step': 3}, 'plain.pt')",
        "numpy.savez('arrays.npz', turned=numpy.arange(6.0, dtype='f4').reshape(2, 3).T)",
        "save_file({'a': torch.ones(1)}, 'part-1.safetensors')",
        "torch.save({'b': torch.zeros(2)}, 'part-2.bin')",
        "index = {'weight_map': {'a': 'part-1.safetensors', 'b': 'part-2.bin'}}",
        "json.dump(index, open('model.index.json', 'w'))",
      ].join('\n'),
    );
    run('python', ['files.py']);
  });

  const names = [
    '0.weight',
    '0.bias',
    '1.weight',
    '1.bias',
    '1.running_mean',
    '1.running_var',
    '1.num_batches_tracked',
  ];

  it('take the state dict of a Lightning checkpoint', () => {
    const expected = [...names.map((name) => `model.${name}`), 'loss.weight'];
    expect([...convert('lightning.ckpt').keys()].sort()).toEqual(expected.sort());
  });

  it('take the model of a checkpoint of an old PyTorch', () => {
    expect([...convert('old.bin').keys()].sort()).toEqual([...names].sort());
  });

  it.each(['plain.pt', 'arrays.npz'])('keep the order of the axes: %s', (name) => {
    const { shape, data } = convert(name).get('turned')!;
    expect([shape, [...data]]).toEqual([
      [3, 2],
      [0, 3, 1, 4, 2, 5],
    ]);
  });

  it('join the files of an index', () => {
    expect([...convert('model.index.json')].map(([name, { shape }]) => [name, shape]).sort()).toEqual([
      ['a', [1]],
      ['b', [2]],
    ]);
  });

  it.skipIf(!python || spawnSync(python, ['-c', 'import h5py']).status !== 0)(
    'write the arrays of HDF5',
    () => {
      run('python', [
        '-c',
        "import h5py; h5py.File('k.h5', 'w').create_dataset('conv/kernel:0', data=[[1.5, 2]], dtype='f4')",
      ]);
      expect([...convert('k.h5').get('conv.kernel:0')!.data]).toEqual([1.5, 2]);
    },
  );
});

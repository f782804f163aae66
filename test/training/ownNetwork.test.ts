import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTorchStateDict } from '../../src/interop/loadTorchStateDict.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { readWeights } from '../../src/interop/readWeights.js';
import { toTorchStateDict } from '../../src/interop/toTorchStateDict.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { AdamW } from '../../src/optimizers/AdamW.js';
import { ExponentialMovingAverage } from '../../src/training/ExponentialMovingAverage.js';
import { encodeCheckpoint } from '../../src/training/encodeCheckpoint.js';
import { restoreCheckpoint } from '../../src/training/restoreCheckpoint.js';
import { startTrainingBackend } from '../support/backend.js';
import { ownRun, runState, stepOwnRun } from './ownNetwork.js';

const folder = mkdtempSync(path.join(tmpdir(), 'own-network-'));
const program = fileURLToPath(new URL('ownNetworkProgram.ts', import.meta.url));

beforeAll(startTrainingBackend);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a network of stock layers', () => {
  it('goes on in another process from its checkpoint, bit for bit', async () => {
    const file = path.join(folder, 'run.safetensors');
    const args = ['--import', 'tsx', program, file];
    const stdout = execFileSync(process.execPath, args, { encoding: 'utf8' });
    const there = JSON.parse(stdout.trim().split('\n').at(-1)!) as { loss: number; state: string };
    const run = ownRun(2);
    expect(await restoreCheckpoint(readFileSync(file), run)).toEqual({ step: 3 });
    expect(await stepOwnRun(run, 3)).toBe(there.loss);
    expect(await runState(run)).toBe(there.state);
  });

  it('is in files under its names and in the axis order of PyTorch', async () => {
    const run = ownRun(1);
    const { tensors } = readSafetensors(await encodeCheckpoint(run, null));
    const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
    expect(shapes).toMatchObject({
      'conv2d_1.kernel': [6, 3, 3, 3],
      'deep.depthwise_kernel': [12, 1, 3, 3],
      'up.kernel': [12, 6, 2, 2],
      'labels.embeddings': [4, 6],
      'ema.norm.moving_mean': [6],
      'mix.weight': [6, 6, 1, 1],
    });
    const kernel = run.parameters.find(({ name }) => name === 'deep.depthwise_kernel')!;
    const values = await kernel.variable.data();
    // [ky, kx, channel, multiplier] here, [channel · 2 + multiplier, 0, ky, kx] there.
    const torch = tensors.get(kernel.name)!.data;
    for (const [ky, kx, c, j] of [
      [0, 1, 2, 1],
      [2, 0, 5, 0],
    ])
      expect(torch[((2 * c + j) * 3 + ky) * 3 + kx]).toBe(values[((ky * 3 + kx) * 6 + c) * 2 + j]);
  });
});

/** A network of variables alone: a line through points. */
function line() {
  const parameters = [
    { name: 'line.slope', variable: tf.variable(tf.tensor1d([3, 1])) },
    { name: 'line.offset', variable: tf.variable(tf.scalar(-1)) },
    { name: 'steps', variable: tf.variable(tf.scalar(-7, 'int32'), false) },
  ];
  const trained = parameters.slice(0, 2).map(({ variable }) => variable);
  const optimizer = new AdamW({ learningRate: 0.1 });
  const ema = new ExponentialMovingAverage(parameters, 0.9);
  const step = () => {
    optimizer.minimize(
      () => tf.sum(tf.square(tf.add(tf.mul(trained[0], 2), trained[1]))) as tf.Scalar,
      false,
      trained,
    );
    ema.update();
  };
  return { parameters, optimizer, ema, step };
}

const valuesOf = async ({ parameters, optimizer, ema }: ReturnType<typeof line>) => ({
  weights: await toTorchStateDict(parameters),
  slots: (await optimizer.state(parameters)).slots,
  average: await ema.values(),
});

describe('a list of variables', () => {
  it('is saved and restored with its average and optimizer', async () => {
    const [first, second] = [line(), line()];
    first.step();
    const bytes = await encodeCheckpoint(first, { step: 1 });
    first.step();
    expect(await restoreCheckpoint(bytes, second)).toEqual({ step: 1 });
    expect(await valuesOf(second)).not.toEqual(await valuesOf(first));
    second.step();
    expect(await valuesOf(second)).toEqual(await valuesOf(first));
  });

  it('is written as weights and loaded again, negative whole numbers too', async () => {
    const [first, second] = [line(), line()];
    first.step();
    (second.parameters[2].variable as tf.Variable).assign(tf.scalar(5, 'int32'));
    loadTorchStateDict(
      second.parameters,
      readWeights(writeSafetensors(await toTorchStateDict(first.parameters))),
    );
    expect(await toTorchStateDict(second.parameters)).toEqual(await toTorchStateDict(first.parameters));
    expect(Array.from(await second.parameters[2].variable.data())).toEqual([-7]);
  });

  it.each<[string, (run: ReturnType<typeof line>) => unknown, RegExp]>([
    [
      'a name twice',
      ({ parameters }) => toTorchStateDict([...parameters, parameters[0]]),
      /two parameters are called 'line.slope'/,
    ],
    [
      'no variable',
      () => toTorchStateDict([{ name: 'a' } as never]),
      /parameters\[0\] is .*it must be \{ name, variable \}/,
    ],
    [
      'a name of the average',
      ({ parameters }) => encodeCheckpoint({ parameters: [{ ...parameters[0], name: 'ema.slope' }] }, {}),
      /the parameter 'ema.slope' is called as the checkpoint's moving average/,
    ],
    [
      'an average of others',
      ({ parameters, ema }) => encodeCheckpoint({ parameters: parameters.slice(1), ema }, {}),
      /ema.line.slope belongs to none of the parameters/,
    ],
    [
      'a type that files do not hold',
      () => toTorchStateDict([{ name: 'a', variable: tf.variable(tf.tensor1d([true], 'bool')) }]),
      /the type of parameter 'a' is 'bool'; it must be float32 or int32/,
    ],
    ['no list', () => toTorchStateDict({} as never), /parameters is .*it must be a list/],
  ])('refuses %s', async (_, body, message) => {
    await expect((async () => body(line()))()).rejects.toThrow(message);
  });
});

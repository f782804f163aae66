import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadWeights } from '../../src/interop/loadWeights.js';
import type { StoredTensor } from '../../src/interop/safetensorsTypes.js';
import { selectWeights } from '../../src/interop/selectWeights.js';
import { storedStateDict } from '../../src/interop/storedStateDict.js';
import { toTorchStateDict } from '../../src/interop/toTorchStateDict.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';

beforeAll(startTestBackend);

const build = (seed: number) =>
  namedParameters(unetAttD({ inChannels: 2, filterConfig: [2, 2, 3, 2, 4, 4], timeEmbeddingDim: 4, seed }));

/** Counts how many tensors are being read at once. */
function watched(tensors: ReadonlyMap<string, StoredTensor>) {
  const watch = { now: 0, most: 0, reads: 0 };
  const entries = [...tensors].map(([name, tensor]): [string, StoredTensor] => {
    const read = async () => {
      watch.reads++;
      watch.most = Math.max(watch.most, ++watch.now);
      const data = await tensor.read();
      watch.now--;
      return data;
    };
    return [name, { ...tensor, read }];
  });
  return { watch, tensors: new Map(entries) };
}

describe('loadWeights', () => {
  it('loads what loadTorchStateDict loads, one tensor at a time', async () => {
    const [trained, fresh] = [build(1), build(2)];
    const { watch, tensors } = watched(storedStateDict(trained));
    const prefixed = new Map([...tensors].map(([name, tensor]) => [`module.${name}`, tensor]));
    const result = await expectTensorsKept(0, () => loadWeights(fresh, prefixed));
    expect(result).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(await toTorchStateDict(fresh)).toEqual(await toTorchStateDict(trained));
    expect(watch).toMatchObject({ most: 1, reads: 2 * trained.length });
  });

  it('reads nothing where names or shapes do not fit', async () => {
    const other = namedParameters(
      unetAttD({ inChannels: 3, filterConfig: [2, 2, 3, 2, 4, 4], timeEmbeddingDim: 4 }),
    );
    const { watch, tensors } = watched(storedStateDict(other));
    await expect(loadWeights(build(1), tensors)).rejects.toThrow(/wrong shape: encoder_1/);
    expect(watch.reads).toBe(0);
  });

  it('changes nothing where the last tensor is not finite', async () => {
    const parameters = build(1);
    const before = await toTorchStateDict(parameters);
    const stored = storedStateDict(build(2));
    const [name, last] = [...stored].filter(([, { dtype }]) => dtype === 'F32').at(-1)!;
    const read = async () => ((await last.read()) as Float32Array).map(() => Number.NaN);
    await expect(loadWeights(parameters, new Map([...stored, [name, { ...last, read }]]))).rejects.toThrow(
      new RegExp(`not finite: ${name} has `),
    );
    expect(await toTorchStateDict(parameters)).toEqual(before);
  });

  it('with strict: false loads what both have', async () => {
    const [parameters, stored] = [build(1), storedStateDict(build(2))];
    stored.delete('output_conv.bias');
    stored.set('other', { dtype: 'F32', shape: [1], read: () => Float32Array.of(Number.NaN) });
    expect(await loadWeights(parameters, stored, { strict: false })).toEqual({
      missingKeys: ['output_conv.bias'],
      unexpectedKeys: ['other'],
    });
  });
});

describe('selectWeights', () => {
  it('keeps the order of the file, takes the average, and leaves the optimizer', () => {
    const names = ['count', 'ema.a', 'a', 'b', 'ema.b', 'optimizer.exp_avg.a', 'ema.own', 'optimizer.own.x'];
    const tensors = new Map(names.map((name, i) => [name, i]));
    expect([...selectWeights(tensors)]).toEqual([
      ...[
        ['count', 0],
        ['a', 1],
        ['b', 4],
        ['ema.own', 6],
        ['optimizer.own.x', 7],
      ],
    ]);
    expect([...selectWeights(tensors, { ema: false })]).toEqual([
      ...[
        ['count', 0],
        ['a', 2],
        ['b', 3],
        ['ema.own', 6],
        ['optimizer.own.x', 7],
      ],
    ]);
  });
});

it('storedStateDict fetches no value before it is asked for', async () => {
  const parameters = build(1);
  const stored = storedStateDict(parameters);
  const { variable, name } = parameters.find(({ spec }) => spec.layout === 'same' && spec.dtype !== 'int32')!;
  variable.assign(tf.fill(variable.shape, 3));
  expect(new Set((await stored.get(name)!.read()) as Float32Array)).toEqual(new Set([3]));
});

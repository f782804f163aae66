import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadTorchStateDict } from '../../src/interop/loadTorchStateDict.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import type { SafetensorsTensor } from '../../src/interop/safetensorsTypes.js';
import { toTorchStateDict } from '../../src/interop/toTorchStateDict.js';
import { type NamedParameter, namedParameters } from '../../src/models/namedParameters.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { fixturePath, readFixture } from '../support/fixtures.js';
import { type TorchConfig, unetConfig } from '../support/unetConfig.js';

interface Fixture {
  cases: { name: string; config: TorchConfig; files: { state: string } }[];
}
type StateDict = Map<string, SafetensorsTensor>;

const { cases } = readFixture<Fixture>('unet/cases.json');
const load = (file: string): StateDict =>
  readSafetensors(new Uint8Array(readFileSync(fixturePath(file)))).tensors;

beforeAll(startTestBackend);

describe.each(cases)('unet/cases.json $name', ({ config, files }) => {
  it('goes in and comes out unchanged: names, order of axes, int64 counters', async () => {
    const reference = load(files.state);
    const parameters = namedParameters(unetAttD(unetConfig(config)));
    await expectTensorsKept(0, () => loadTorchStateDict(parameters, reference));
    const result = await expectTensorsKept(0, () => toTorchStateDict(parameters));
    expect([...result.keys()].sort()).toEqual([...reference.keys()].sort());
    const counters = [...result].filter(([, { dtype }]) => dtype === 'I64').map(([name]) => name);
    expect(counters.length).toBeGreaterThan(0);
    expect(counters.every((name) => name.endsWith('.num_batches_tracked'))).toBe(true);
    for (const [name, tensor] of reference) expect(result.get(name), name).toEqual(tensor);
  });
});

describe('loadTorchStateDict', () => {
  const { config, files } = cases[0];
  const build = () => namedParameters(unetAttD(unetConfig(config)));
  const [firstName] = load(files.state).keys();

  const expectRefused = async (parameters: NamedParameter[], state: StateDict, message: RegExp) => {
    const before = await toTorchStateDict(parameters);
    await expectTensorsKept(0, () => expect(() => loadTorchStateDict(parameters, state)).toThrow(message));
    expect(await toTorchStateDict(parameters), 'nothing is loaded').toEqual(before);
  };

  it('strips a prefix module. that every name has', async () => {
    const reference = load(files.state);
    const parameters = build();
    loadTorchStateDict(parameters, new Map([...reference].map(([name, t]) => [`module.${name}`, t])));
    expect(await toTorchStateDict(parameters)).toEqual(new Map(reference));
  });

  it.each(['_orig_mod.', 'module._orig_mod.', '_orig_mod.module.'])('strips %s', async (prefix) => {
    const reference = load(files.state);
    const parameters = build();
    loadTorchStateDict(parameters, new Map([...reference].map(([name, t]) => [prefix + name, t])));
    expect(await toTorchStateDict(parameters)).toEqual(new Map(reference));
  });

  it('does not strip one that only some have', async () => {
    const reference = load(files.state);
    const renamed = new Map(
      [...reference].map(([name, t]) => [name === firstName ? `module.${name}` : name, t]),
    );
    const message = new RegExp(`missing: ${firstName} [^]*extra: module\\.${firstName} `);
    await expectRefused(build(), renamed, message);
  });

  it('lists all that is missing, extra or of another shape, and loads nothing', async () => {
    const state = load(files.state);
    const names = [...state.keys()];
    const missing = [names[3], names[names.length - 1]];
    for (const name of missing) state.delete(name);
    const weight = state.get('output_conv.weight')!;
    state.set('output_conv.weight', { ...weight, shape: [...weight.shape].reverse() });
    const extra: SafetensorsTensor = { dtype: 'F32', shape: [2], data: new Float32Array(2) };
    state.set('vgg.weight', extra);
    state.set('vgg.bias', extra);
    const parameters = build();
    let text = '';
    try {
      loadTorchStateDict(parameters, state);
    } catch (error) {
      text = (error as Error).message;
    }
    expect(text).toMatch(/^loadTorchStateDict: .*nothing was loaded/);
    for (const name of missing) expect(text).toContain(`missing: ${name} [`);
    for (const name of ['vgg.weight', 'vgg.bias']) expect(text).toContain(`extra: ${name} [2]`);
    const shape = weight.shape.join();
    expect(text).toContain(
      `wrong shape: output_conv.weight is [${[...weight.shape].reverse()}], the model has [${shape}]`,
    );
    expect(text.split('\n').length).toBe(1 + 5);
    await expectRefused(parameters, state, /nothing was loaded/);
  });

  it('refuses an empty dictionary, and one of another network', async () => {
    await expectRefused(build(), new Map(), /^loadTorchStateDict: the state dict holds no tensor/);
    const other = cases.find((c) => c.config.in_channels !== config.in_channels);
    await expectRefused(build(), load((other ?? cases[1]).files.state), /wrong shape|extra|missing/);
  });

  it('loads what both have with strict: false, and names the rest', async () => {
    const state = load(files.state);
    const before = await toTorchStateDict(build());
    state.delete(firstName);
    state.set('head.weight', { dtype: 'F32', shape: [2], data: new Float32Array(2) });
    const parameters = build();
    const result = await expectTensorsKept(0, () => loadTorchStateDict(parameters, state, { strict: false }));
    expect(result).toEqual({ missingKeys: [firstName], unexpectedKeys: ['head.weight'] });
    const after = await toTorchStateDict(parameters);
    expect(after.get(firstName)).toEqual(before.get(firstName));
    for (const [name, tensor] of after) if (name !== firstName) expect(tensor, name).toEqual(state.get(name));
  });

  it('returns empty lists in strict mode', () => {
    const result = loadTorchStateDict(build(), load(files.state));
    expect(result).toEqual({ missingKeys: [], unexpectedKeys: [] });
  });

  it('with strict: false refuses what has no name in common and another shape', async () => {
    const loadPartly = (parameters: NamedParameter[], state: StateDict) =>
      loadTorchStateDict(parameters, state, { strict: false });
    const parameters = build();
    const before = await toTorchStateDict(parameters);
    const foreign: StateDict = new Map([...load(files.state)].map(([name, t]) => [`net.${name}`, t]));
    expect(() => loadPartly(parameters, foreign)).toThrow(
      new RegExp(`missing: ${firstName} [^]*extra: net\\.`),
    );
    const state = load(files.state);
    state.set(firstName, { dtype: 'F32', shape: [1], data: new Float32Array(1) });
    expect(() => loadPartly(parameters, state)).toThrow(
      new RegExp(`nothing was loaded\\.\nwrong shape: ${firstName} is \\[1\\]`),
    );
    expect(await toTorchStateDict(parameters)).toEqual(before);
  });

  it.each(['F16', 'BF16', 'F64'] as const)('converts %s', async (dtype) => {
    // Values with eight significant bits, which every one of the three holds exactly.
    const exact = (value: number) => Math.round(value * 64) / 64;
    const state: StateDict = new Map();
    const expected: StateDict = new Map();
    for (const [name, tensor] of load(files.state)) {
      if (!(tensor.data instanceof Float32Array)) {
        state.set(name, tensor);
        expected.set(name, tensor);
        continue;
      }
      const values = tensor.data.map((value) => Math.max(-3.9, Math.min(3.9, value))).map(exact);
      expected.set(name, { ...tensor, data: values });
      state.set(name, { ...tensor, dtype, data: encode(values, dtype) });
    }
    const parameters = build();
    loadTorchStateDict(parameters, state);
    expect(await toTorchStateDict(parameters)).toEqual(new Map(expected));
  });

  it('keeps counters beyond what float32 counts', async () => {
    const state = load(files.state);
    const name = [...state.keys()].find((key) => key.endsWith('num_batches_tracked'))!;
    state.set(name, { dtype: 'I64', shape: [], data: BigInt64Array.of(16_777_217n) });
    const parameters = build();
    loadTorchStateDict(parameters, state);
    expect((await toTorchStateDict(parameters)).get(name)!.data).toEqual(BigInt64Array.of(16_777_217n));
  });

  it('copies: later changes of the dictionary do not reach the model', async () => {
    const state = load(files.state);
    const parameters = build();
    loadTorchStateDict(parameters, state);
    const before = await toTorchStateDict(parameters);
    for (const { data } of state.values()) if (data instanceof Float32Array) data.fill(7);
    expect(await toTorchStateDict(parameters)).toEqual(before);
  });
});

/** Numbers with few bits as raw patterns of a dtype. */
function encode(values: Float32Array, dtype: 'F16' | 'BF16' | 'F64'): Float64Array | Uint16Array {
  if (dtype === 'F64') return Float64Array.from(values);
  const bits = new Uint32Array(values.slice().buffer);
  if (dtype === 'BF16') return Uint16Array.from(bits, (word) => word >>> 16);
  return Uint16Array.from(bits, (word) => {
    const [sign, exponent, fraction] = [(word >>> 31) << 15, (word >>> 23) & 0xff, (word >>> 13) & 0x3ff];
    return exponent === 0 ? sign : sign | ((exponent - 112) << 10) | fraction;
  });
}

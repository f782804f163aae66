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
  const isCounter = (name: string) => name.endsWith('num_batches_tracked');
  const [firstName] = [...load(files.state).keys()].filter((name) => !isCounter(name));
  /** The state with each name, and perhaps each tensor, changed. */
  const renamed = (rename: (name: string) => string): StateDict =>
    new Map([...load(files.state)].map(([name, tensor]) => [rename(name), tensor]));

  const expectRefused = async (parameters: NamedParameter[], state: StateDict, message: RegExp) => {
    const before = await toTorchStateDict(parameters);
    await expectTensorsKept(0, () => expect(() => loadTorchStateDict(parameters, state)).toThrow(message));
    expect(await toTorchStateDict(parameters), 'nothing is loaded').toEqual(before);
  };

  it.each([
    'module.',
    '_orig_mod.',
    'module._orig_mod.',
    '_orig_mod.module.',
    'model.',
    'model.module.',
    'ema_model.',
    'state_dict.',
    'net.backbone.1.',
    'a b/ü.',
  ])('drops the prefix %s that every name has', async (prefix) => {
    const parameters = build();
    const result = loadTorchStateDict(
      parameters,
      renamed((name) => prefix + name),
    );
    expect(result).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(await toTorchStateDict(parameters)).toEqual(load(files.state));
  });

  it('does not drop one that only some have', async () => {
    const state = renamed((name) => (name === firstName ? `module.${name}` : name));
    await expectRefused(
      build(),
      state,
      new RegExp(`missing: ${firstName} [^]*extra: module\\.${firstName} `),
    );
  });

  it('does not drop letters that are no word of a name', async () => {
    const message = new RegExp(`fit the model; nothing was loaded\\.\nmissing: [^]*extra: my${firstName} `);
    await expectRefused(
      build(),
      renamed((name) => `my${name}`),
      message,
    );
  });

  it('names the prefix, and what else a Lightning checkpoint holds', async () => {
    const state = renamed((name) => `model.${name}`);
    state.set('loss.weight', { dtype: 'F32', shape: [3], data: new Float32Array(3) });
    const message =
      /also without the prefix 'model\.' of its names; nothing was loaded\.\nextra: loss\.weight \[3\]\nLeave out .*startswith\('model\.'\)/;
    await expectRefused(build(), state, message);
    const parameters = build();
    const result = loadTorchStateDict(parameters, state, { strict: false });
    expect(result).toEqual({ missingKeys: [], unexpectedKeys: ['loss.weight'] });
    expect(await toTorchStateDict(parameters)).toEqual(load(files.state));
    state.delete(`model.${firstName}`);
    expect(
      () => loadTorchStateDict(build(), state, { strict: false }),
      'neither all names nor all weights',
    ).toThrow(new RegExp(`missing: ${firstName} [^]*extra: loss\\.weight`));
  });

  it('does not choose between two copies of the weights', async () => {
    const state = new Map([...renamed((name) => `ema_model.${name}`), ...renamed((name) => `model.${name}`)]);
    const message =
      /the model's names under 'model\.' and under 'ema_model\.'; nothing was loaded\. Keep one of them, .*startswith\('ema_model\.'\)/;
    await expectRefused(build(), state, message);
    expect(() => loadTorchStateDict(build(), state, { strict: false })).toThrow(message);
  });

  it('goes on without num_batches_tracked, as torch does', async () => {
    const state = new Map([...load(files.state)].filter(([name]) => !isCounter(name)));
    const parameters = build();
    const { missingKeys, unexpectedKeys } = loadTorchStateDict(parameters, state);
    expect(missingKeys.length).toBeGreaterThan(0);
    expect(missingKeys.every(isCounter)).toBe(true);
    expect(unexpectedKeys).toEqual([]);
    const loaded = await toTorchStateDict(parameters);
    for (const [name, tensor] of state) expect(loaded.get(name), name).toEqual(tensor);
    for (const name of missingKeys) expect(loaded.get(name)!.data, name).toEqual(BigInt64Array.of(0n));
  });

  it('names tensors with values that are not finite, and how many', async () => {
    const state = load(files.state);
    const { shape } = state.get(firstName)!;
    const size = shape.reduce((product, side) => product * side, 1);
    const refused = (tensor: SafetensorsTensor, counts: string) =>
      expectRefused(
        build(),
        state.set(firstName, tensor),
        new RegExp(`\nnot finite: ${firstName} has ${counts} among its ${size} values\n.*diverged`),
      );
    const data = new Float32Array(size);
    data.set([Number.NaN, Number.NEGATIVE_INFINITY, Number.NaN]);
    await refused({ dtype: 'F32', shape, data }, '2 NaN and 1 infinite');
    await refused({ dtype: 'F16', shape, data: new Uint16Array(size).fill(0x7c00, 0, 2) }, '2 infinite');
    await refused({ dtype: 'BF16', shape, data: new Uint16Array(size).fill(0x7fc0, 0, 1) }, '1 NaN');
    await refused({ dtype: 'F64', shape, data: new Float64Array(size).fill(1e300, 0, 1) }, '1 infinite');
  });

  it.each(['I64', 'I32', 'I8', 'U8', 'BOOL'] as const)('refuses weights of type %s', async (dtype) => {
    const state = load(files.state);
    const tensor = state.get(firstName)!;
    const data =
      dtype === 'I64' ? new BigInt64Array(tensor.data.length) : Int8Array.from(tensor.data, Number);
    state.set(firstName, { ...tensor, dtype, data });
    await expectRefused(build(), state, new RegExp(`wrong type: ${firstName} is ${dtype} `));
  });

  it.each([-1n, 2n ** 31n])('refuses a counter of %s', async (value) => {
    const state = load(files.state);
    const name = [...state.keys()].find(isCounter)!;
    state.set(name, { dtype: 'I64', shape: [], data: BigInt64Array.of(value) });
    await expectRefused(
      build(),
      state,
      new RegExp(`wrong value: ${name} is ${value}, the model has an integer`),
    );
  });

  it('lists all that is missing, extra or of another shape, and loads nothing', async () => {
    const state = load(files.state);
    const names = [...state.keys()].filter((name) => !isCounter(name));
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
    const foreign = renamed((name) => `${name}.net`);
    expect(() => loadPartly(parameters, foreign)).toThrow(
      new RegExp(`missing: ${firstName} [^]*extra: .*\\.net`),
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

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzOne } from '../../scripts/lib/fuzz.js';
import { fuzzedCheckpoint } from '../../scripts/lib/fuzzCheckpoint.js';
import { CheckpointError } from '../../src/errors/CheckpointError.js';
import { readCheckpointState } from '../../src/training/readCheckpointState.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Fields = { [key: string]: Json };

const [header, file] = fuzzedCheckpoint.seeds;
const encode = (value: Json | undefined) => new TextEncoder().encode(JSON.stringify(value));
const state = () => JSON.parse(new TextDecoder().decode(header)) as Fields;

/** The file with another header before the same data. */
function withFileHeader(change: (header: Fields) => void): Uint8Array {
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const json = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Fields;
  change(json);
  const changed = encode(json);
  const result = new Uint8Array(8 + changed.length + file.length - 8 - length);
  new DataView(result.buffer).setBigUint64(0, BigInt(changed.length), true);
  result.set(changed, 8);
  result.set(file.subarray(8 + length), 8 + changed.length);
  return result;
}

/** Every place in a JSON value, as the object or list that holds it and the key there. */
function places(value: Json): [Fields, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Fields;
  return Object.keys(holder).flatMap((key) => [[holder, key], ...places(holder[key])]);
}

const hostile = fc.oneof(
  fc.constantFrom<Json>(null, true, '', 'x', [], {}, 0, -1, 0.5, 1e9, 1e300, 2 ** 53, '1000', [[[]]], {
    a: {},
  }),
  fc.jsonValue() as fc.Arbitrary<Json>,
);
const change = fc.record({
  place: fc.nat(),
  kind: fc.constantFrom('replace', 'delete', 'rename', 'exchange'),
  value: hostile,
  other: fc.nat(),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function apply(root: Fields, changes: Change[]): void {
  for (const { place, kind, value, other } of changes) {
    const all = places(root);
    const [holder, key] = all[place % all.length];
    // Copies, of values too: what holds itself is no JSON.
    if (kind === 'replace') holder[key] = structuredClone(value);
    else if (kind === 'delete') delete holder[key];
    else if (kind === 'rename') {
      holder[`${key}x`] = holder[key];
      delete holder[key];
    } else {
      const [from, name] = all[other % all.length];
      holder[key] = structuredClone(from[name]);
    }
  }
}

describe('a checkpoint changed anywhere', () => {
  const outcomes = { read: 0, refused: 0 };
  const check = async (bytes: Uint8Array) => {
    const outcome = await fuzzOne(fuzzedCheckpoint, bytes);
    if (outcome.kind === 'crash') throw new Error(outcome.message);
    outcomes[outcome.kind]++;
  };

  it('is read as it stands', async () => {
    expect(await fuzzOne(fuzzedCheckpoint, header)).toEqual({ kind: 'read' });
    expect(await fuzzOne(fuzzedCheckpoint, file)).toEqual({ kind: 'read' });
  });

  it('in the run state is read or refused', async () => {
    const property = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const changed = state();
      apply(changed, changes);
      await check(encode(changed));
    });
    await fc.assert(property, { numRuns: 2500 });
    expect(outcomes.read).toBeGreaterThan(30);
    expect(outcomes.refused).toBeGreaterThan(1000);
  });

  it("in the file's header is read or refused", async () => {
    const property = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      await check(withFileHeader((json) => apply(json, changes)));
    });
    await fc.assert(property, { numRuns: 1500 });
  });
});

describe('a checkpoint with a broken run state', () => {
  const refuse = async (bytes: Uint8Array, message: RegExp) => {
    const error = await Promise.resolve(fuzzedCheckpoint.parse(bytes)).catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as Error).message).toMatch(message);
  };
  const changed = (path: string, value: Json | undefined) => {
    const root = state();
    const keys = path.split('.');
    const last = keys.pop()!;
    let holder = root;
    for (const key of keys) holder = holder[key] as Fields;
    if (value === undefined) delete holder[last];
    else holder[last] = value;
    return encode(root);
  };

  it.each<[string, Json | undefined, RegExp]>([
    [
      'version',
      undefined,
      /^restoreCheckpoint: the checkpoint has version missing; this package reads version 1/,
    ],
    ['version', 2, /version 2;/],
    ['version', '1', /version "1";/],
    [
      'optimizerStep',
      -1,
      /^restoreCheckpoint: 'optimizerStep' of the run state is -1; it must be an integer/,
    ],
    ['optimizerStep', undefined, /^restoreCheckpoint: the checkpoint has no optimizer state/],
    ['emaStep', 1.5, /^restoreCheckpoint: 'emaStep' of the run state is 1\.5; /],
    ['emaStep', undefined, /^restoreCheckpoint: the checkpoint has no moving average/],
    ['optimizerScalars', [], /^restoreCheckpoint: 'optimizerScalars' of the run state is \[\]; /],
    ['optimizerScalars', { a: null }, /^restoreCheckpoint: 'optimizerScalars\.a' of the run state is null; /],
    ['state', undefined, /^the run's state: it is missing; /],
    ['state.epoch', null, /^the run's state: epoch is null; /],
    ['state.epoch', 3, /^the run's state: epoch is 3, with 1 epochs in its history/],
    ['state.step', -1, /^the run's state: step is -1; /],
    ['state.nextBatch', 0.5, /^the run's state: nextBatch is 0\.5; /],
    ['state.history', {}, /^the run's state: history is an object; /],
    ['state.history.0.trainLoss', 'low', /^the run's state: history\.0\.trainLoss is 'low'; /],
    ['state.config', null, /^the run's state: config is null; /],
    [
      'state.config.timesteps',
      1e9,
      /config\.timesteps is 1000000000; it must be an integer from 2 to 1000000\.$/,
    ],
    ['state.config.timesteps', undefined, /config\.timesteps is missing; it must be a number\.$/],
    ['state.config.loss', 'none', /config\.loss is 'none'; it must be one of mse, /],
    ['state.config.attention', 'yes', /config\.attention is 'yes'; it must be true or false\.$/],
    [
      'state.config.imageColumns',
      'image',
      /config\.imageColumns is 'image'; it must be a list of strings\.$/,
    ],
    [
      'state.config.lossWeights',
      { alpha: 1 },
      /config\.lossWeights is an object; it must be an object of numbers/,
    ],
    ['state.config.momentum', 'much', /config\.momentum is 'much'; it must be a number\.$/],
    ['state.config.data', 4, /config\.data is 4; it must be a text\.$/],
  ])('names %s of %j', (path, value, message) => refuse(changed(path, value), message));

  it.each<[string, Json | string, RegExp]>([
    [
      'no JSON',
      '{"version": 1, "optimizerStep": NaN}',
      /^restoreCheckpoint: the run state in the header is damaged: /,
    ],
    ['cut', '{"version": 1', /damaged: it begins with "\{\\"version\\": 1" and is not JSON/],
    [
      'another value',
      '[1]',
      /^restoreCheckpoint: the run state in the header is \[1\]; it must be an object/,
    ],
    ['nested deep', `{"version":${'['.repeat(1e5)}${']'.repeat(1e5)}}`, /has version a list; /],
  ])('names what is %s', async (_, text, message) => {
    const bytes = withFileHeader((json) => {
      (json.__metadata__ as Fields)['diffusion-ssl'] = text as string;
    });
    await refuse(bytes, message);
    expect(() => readCheckpointState(bytes)).toThrow(message);
  });

  it('says that a file of weights is no checkpoint', async () => {
    const bytes = withFileHeader((json) => {
      delete json.__metadata__;
    });
    await refuse(bytes, /^restoreCheckpoint: the file is no checkpoint of a run/);
  });

  /** Renames a tensor, or turns its shape, which fits its bytes still. */
  const tensor = (name: string, action: string | number[]) =>
    withFileHeader((json) => {
      if (typeof action !== 'string') (json[name] as Fields).shape = action;
      else {
        json[action] = json[name];
        delete json[name];
      }
    });

  it.each<[string, string, string | number[], RegExp]>([
    [
      'weights',
      'a.weight',
      'z',
      /^loadTorchStateDict: .*nothing was loaded\.\nmissing: a\.weight \[3,2,1,1\]\nextra: z/,
    ],
    [
      'turned weights',
      'a.weight',
      [2, 3, 1, 1],
      /\nwrong shape: a\.weight is \[2,3,1,1\], the model has \[3,2,1,1\]/,
    ],
    [
      'an average',
      'ema.a.weight',
      'ema.z',
      /^restoreCheckpoint: .*nothing was restored\.\nextra: ema\.z \[3,2,1,1\]/,
    ],
    [
      'a turned average',
      'ema.a.weight',
      [2, 3, 1, 1],
      /\nwrong shape: ema\.a\.weight is \[2,3,1,1\], the model has/,
    ],
    ['a slot', 'optimizer.exp_avg.a.weight', 'optimizer.exp_avg.z', /\nextra: optimizer\.exp_avg\.z/],
    [
      'a turned slot',
      'optimizer.exp_avg.a.weight',
      [6],
      /\nwrong shape: optimizer\.exp_avg\.a\.weight is \[6\]/,
    ],
    [
      'another slot',
      'optimizer.exp_avg.a.weight',
      'optimizer.sum.a.weight',
      /^restoreCheckpoint: restore: .*'sum'/,
    ],
  ])('names %s', (_, name, action, message) => refuse(tensor(name, action), message));

  it('names values that are not finite', async () => {
    const bytes = Uint8Array.from(file);
    // The bias of the average: 0x7fc00000 is a NaN. The data of a file end with the last float tensors.
    bytes.set([0, 0, 0xc0, 0x7f], bytes.length - 4);
    await refuse(bytes, /\nnot finite: \S+ has 1 NaN among its \d+ values/);
  });
});

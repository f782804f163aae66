import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeGeoTiff, encodeGeoTiff, type GeoTiff } from 'diffusion-ssl/data';
import type { ModelBand } from 'diffusion-ssl/pretrained';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { smoothPixels } from '../../../test/support/chips.js';
import { denoise } from '../src/commands/denoise.js';
import { inspect } from '../src/commands/inspect.js';
import { sample } from '../src/commands/sample.js';
import { tile } from '../src/commands/tile.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { inspectCatalog } from '../src/inspect/inspectCatalog.js';
import { inspectChip } from '../src/inspect/inspectChip.js';
import { reportText } from '../src/inspect/Report.js';
import { pretrain } from '../src/run/pretrain.js';

const folder = mkdtempSync(path.join(tmpdir(), 'input-bands-'));
const at = (...names: string[]) => path.join(folder, ...names);
const SIDE = 32;
const NAMES = ['blue', 'green', 'red', 'nir'];
let said: string[] = [];

/** Writes chip `i` with its bands in an order; a band has the same values wherever it stands. */
function writeChip(name: string, i: number, order: readonly string[], options: { named?: boolean } = {}) {
  const all = smoothPixels(NAMES.length, i, [SIDE, SIDE]);
  const data = Uint16Array.from({ length: SIDE * SIDE * order.length }, (_, k) => {
    const band = NAMES.indexOf(order[k % order.length]);
    return all[Math.floor(k / order.length) * NAMES.length + band] * (band + 1);
  });
  const place = {
    epsg: 32612,
    transform: [30, 0, 322_000, 0, -30, 4_131_000] as [number, number, number, number, number, number],
  };
  const bandNames = options.named === false ? undefined : order;
  writeFileSync(
    at(name),
    encodeGeoTiff({ width: SIDE, height: SIDE, bands: order.length, data, bandNames, ...place }),
  );
}

/** Writes six chips and their catalog; the orders of their bands take turns. */
function writeChips(
  name: string,
  orders: readonly (readonly string[])[],
  options: { named?: boolean } = {},
): string {
  const lines = ['image,usage'];
  for (let i = 0; i < 6; i++) {
    writeChip(`${name}-${i}.tif`, i, orders[i % orders.length], options);
    lines.push(`${name}-${i}.tif,${i < 4 ? 'train' : 'validate'}`);
  }
  writeFileSync(at(`${name}.csv`), `${lines.join('\n')}\n`);
  return at(`${name}.csv`);
}

const NETWORK = [
  ...['--filter-config', '4,4,8,8,8,8', '--block-num', '1,1,1,1,1,1', '--epochs', '1', '--batch', '2'],
  ...['--timesteps', '20', '--workers', '0', '--seed', '3'],
];
const train = (catalog: string, out: string, ...flags: string[]) =>
  pretrain(
    parsePretrainOptions(['--data', folder, '--catalog', catalog, '--out', at(out), ...NETWORK, ...flags]),
  );
interface Described {
  bands: ModelBand[];
  normalization: { globalStats: { mean: number[] } };
}
const described = (out: string) =>
  JSON.parse(readFileSync(at(out, 'model/diffusion_ssl.json'), 'utf8')) as Described;
const bandsOf = (out: string) => {
  const { bands, normalization } = described(out);
  return { names: bands.map(({ name }) => name), mean: normalization.globalStats.mean };
};
const read = (...names: string[]) => decodeGeoTiff(readFileSync(at(...names)));
const errorOf = () => said.find((line) => line.startsWith('error: '));

beforeAll(async () => {
  for (const method of ['log', 'warn', 'error'] as const)
    vi.spyOn(console, method).mockImplementation((line: string) => void said.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  writeChips('one', [NAMES]);
  const catalog = writeChips('mixed', [NAMES, NAMES.toReversed()]);
  await train(catalog, 'run', '--input-bands', 'nir,Green');
});
afterEach(() => {
  process.exitCode = undefined;
  said = [];
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe('pretrain --input-bands', () => {
  it('takes bands by name wherever a chip has them, and the model and its samples name them', async () => {
    const { names, mean } = bandsOf('run');
    expect(names).toEqual(['nir', 'green']);
    // By number, of chips that have them in one order: the same weights to the bit.
    await train(at('one.csv'), 'by-number', '--input-bands', '4,2');
    const other = bandsOf('by-number');
    expect(other).toEqual({ names: ['nir', 'green'], mean });
    const weights = ['run', 'by-number'].map((run) => readFileSync(at(run, 'model/model.safetensors')));
    expect(weights[0].subarray(-2000)).toEqual(weights[1].subarray(-2000));
    expect((await read('run', 'samples', '0.tif')).bandNames).toEqual(['nir', 'green']);
    expect(readFileSync(at('run', 'model/README.md'), 'utf8')).toMatch(/\| 1 \| nir \|.*\n\| 2 \| green \|/);
  });

  it('takes names from bands.json where the files have none', async () => {
    const known = [{ name: 'B02' }, { name: 'B03', wavelength: 0.56 }, {}, { name: 'B08', unit: 'DN' }];
    const catalog = writeChips('plain', [NAMES], { named: false });
    writeFileSync(at('bands.json'), JSON.stringify(known));
    try {
      await train(catalog, 'known', '--input-bands', 'b08,2,3', '--prediction-type', 'v');
      expect(described('known').bands).toEqual([known[3], known[1], known[2]]);
      const wrong = train(catalog, 'never', '--input-bands', 'B04,B02');
      await expect(wrong).rejects.toThrow(
        "plain-0.tif: no band is named 'B04'; it has the bands 1 'B02', 2 'B03', 3, 4 'B08'.",
      );
      writeFileSync(at('bands.json'), JSON.stringify([{ name: 'red' }, {}, {}, {}]));
      await expect(train(at('one.csv'), 'never')).rejects.toThrow(
        "one-0.tif: band 3 is 'red', but bands.json says that band 1 is.",
      );
    } finally {
      rmSync(at('bands.json'));
    }
  });

  it('is kept by a run that is resumed, which another order would change', async () => {
    const again = (...flags: string[]) =>
      pretrain(
        parsePretrainOptions(['--out', at('run'), '--resume', '--epochs', '2', '--workers', '0', ...flags]),
      );
    for (const changed of [
      ['--input-bands', 'green,nir'],
      ['--input-bands', '4,2', '--accept-changes'],
    ])
      await expect(again(...changed)).rejects.toThrow(
        'leave out --input-bands (the run has ["nir","Green"])',
      );
    await again();
    expect(bandsOf('run').names).toEqual(['nir', 'green']);
  });

  it.each([
    ['5', "there is no band 5; it has the bands 1 'blue', 2 'green', 3 'red', 4 'nir'."],
    ['nir,swir', "no band is named 'swir'; it has the bands 1 'blue'"],
    ['red,3', 'band 3 is chosen twice'],
  ])('refuses %s, and lists the bands', async (list, message) => {
    await expect(train(at('one.csv'), 'never', '--input-bands', list)).rejects.toThrow(message);
  });

  it('must go with --channels', async () => {
    const run = train(at('one.csv'), 'never', '--input-bands', '1,2', '--channels', '3');
    await expect(run).rejects.toThrow(/chooses 2 bands; --channels .* says 3/);
  });

  it('leaves out chips that have not the bands, where bad ones are', async () => {
    writeChip('mixed-5.tif', 5, ['blue', 'red', 'green', 'red']);
    writeChip('mixed-0.tif', 0, ['blue', 'red', 'green', 'red']);
    await train(at('mixed.csv'), 'skipping', '--input-bands', 'nir,green', '--on-bad-chip', 'skip');
    const skipped = readFileSync(at('skipping', 'skipped.txt'), 'utf8');
    expect(skipped).toMatch(/mixed-0\.tif: no band is named 'nir'/);
    expect(skipped).toMatch(/mixed-5\.tif: no band is named 'nir'/);
    expect(bandsOf('skipping').names).toEqual(['nir', 'green']);
  });
});

describe('alpha', () => {
  it('masks the chosen bands, and is learned where it is chosen', async () => {
    const lines = ['image,usage'];
    for (let i = 0; i < 6; i++) {
      const pixels = smoothPixels(4, i, [SIDE, SIDE]);
      const data = Uint8Array.from(pixels, (value, k) => (k % 4 === 3 ? (k % 64 < 8 ? 0 : 255) : value / 8));
      const bytes = encodeGeoTiff({ width: SIDE, height: SIDE, bands: 4, data });
      // What the extra samples are: of the three, the last is unassociated alpha.
      const view = new DataView(bytes.buffer);
      const tags = view.getUint16(8, true);
      for (let tag = 0; tag < tags; tag++) {
        const entry = 10 + 12 * tag;
        if (view.getUint16(entry, true) === 338) view.setUint16(view.getUint32(entry + 8, true) + 4, 2, true);
      }
      writeFileSync(at(`alpha-${i}.tif`), bytes);
      lines.push(`alpha-${i}.tif,${i < 4 ? 'train' : 'validate'}`);
    }
    writeFileSync(at('alpha.csv'), `${lines.join('\n')}\n`);
    await train(at('alpha.csv'), 'masked', '--input-bands', '3,1');
    expect(said).toContainEqual(
      expect.stringContaining('it masks missing pixels and is not learned. If it is data, name it in'),
    );
    const { count } = JSON.parse(readFileSync(at('masked', 'statistics.json'), 'utf8'));
    const whole = 4 * SIDE * SIDE;
    said = [];
    await train(at('alpha.csv'), 'learned', '--input-bands', '4,1', '--downfactor', '1');
    expect(said).toContainEqual(expect.stringContaining('as --input-bands names it'));
    const learned = JSON.parse(readFileSync(at('learned', 'statistics.json'), 'utf8'));
    expect(learned.count).toEqual([whole, whole]);
    expect([learned.min[0], learned.max[0]]).toEqual([0, 255]);
    expect(count[0]).toBeLessThan(whole / 32 + 1);
  });
});

describe('sample and denoise', () => {
  const same = (a: GeoTiff, b: GeoTiff) => expect([...a.data]).toEqual([...b.data]);

  it('take the bands of an image by the names of the model, or as they are told', async () => {
    writeChip('image.tif', 9, NAMES);
    writeChip('plain.tif', 9, ['red', 'green', 'nir'], { named: false });
    writeChip('exact.tif', 9, ['nir', 'green']);
    const t = ['--t', '5', '--seed', '1'];
    await denoise([at('run'), at('image.tif'), at('exact.tif'), '--out', at('clean'), ...t]);
    expect(said).toContain(`${at('image.tif')}: the bands nir, green, by their names`);
    await denoise([at('run'), at('plain.tif'), '--out', at('clean'), '--input-bands', '3,2', ...t]);
    expect(errorOf()).toBeUndefined();
    const exact = await read('clean', 'exact.tif');
    expect(exact.bandNames).toEqual(['nir', 'green']);
    same(await read('clean', 'image.tif'), exact);
    same(await read('clean', 'plain.tif'), exact);
    const flags = ['--count', '1', '--steps', '4', '--strength', '0.5'];
    await sample([at('run'), '--out', at('from-a'), '--from', at('image.tif'), ...flags]);
    await sample([
      at('run'),
      '--out',
      at('from-b'),
      '--from',
      at('plain.tif'),
      '--input-bands',
      '3,2',
      ...flags,
    ]);
    const drawn = await read('from-a', '0.tif');
    same(drawn, await read('from-b', '0.tif'));
    expect(drawn).toMatchObject({ bandNames: ['nir', 'green'], epsg: 32612 });
  });

  it.each<[string, string[], string]>([
    ['plain.tif', [], 'the network takes 2 bands (nir, green); '],
    ['plain.tif', ['--input-bands', '1'], '--input-bands chooses 1 bands; the network takes 2: nir, green.'],
    ['plain.tif', ['--input-bands', '1,4'], 'there is no band 4; it has the bands 1, 2, 3.'],
    ['other.tif', [], 'band 1 of the network is nir, that of '],
  ])('refuse %s %j', async (name, flags, message) => {
    writeChip('other.tif', 9, ['red', 'green']);
    await denoise([at('run'), at(name), '--out', at('never'), '--t', '5', ...flags]);
    expect(errorOf()).toContain(message);
    expect(process.exitCode).toBe(1);
  });
});

describe('tile --input-bands', () => {
  it('cuts the chosen bands of each scene, in their order, with their names', async () => {
    writeChip('a.tif', 1, NAMES);
    writeChip('b.tif', 2, NAMES.toReversed());
    const scenes = ['--scenes', at('a.tif'), at('b.tif'), '--size', '16', '--split', 'train=1'];
    await tile([...scenes, '--out', at('tiles'), '--input-bands', 'nir,blue']);
    for (const [name, i] of [
      ['a', 1],
      ['b', 2],
    ] as const) {
      const { data, bandNames } = await read('tiles', 'images', `${name}_r0_c0.tif`);
      expect(bandNames).toEqual(['nir', 'blue']);
      const [blue, , , nir] = smoothPixels(4, i, [SIDE, SIDE]);
      expect([...data.slice(0, 2)]).toEqual([4 * nir, blue]);
    }
    await tile([...scenes, '--out', at('never')]);
    expect(errorOf()).toContain('b.tif: its bands are nir, red, green, blue, those of ');
    said = [];
    await tile([...scenes, '--out', at('never'), '--input-bands', '1,9']);
    expect(errorOf()).toMatch(/--input-bands, .*a\.tif: there is no band 9; it has the bands 1 'blue'/);
  });
});

describe('inspect', () => {
  it('says which bands there are, and looks at those that are chosen', async () => {
    writeChip('image.tif', 9, NAMES);
    const whole = await inspectChip(at('image.tif'));
    expect(whole.facts.map(([name]) => name).slice(-4)).toEqual(
      NAMES.map((name, i) => `band ${i + 1} (${name})`),
    );
    const some = await inspectChip(at('image.tif'), ['nir', '1']);
    expect(some.facts.slice(-2)).toEqual([whole.facts.at(-1), whole.facts.at(-4)]);
    await inspect([at('image.tif'), '--input-bands', 'swir']);
    expect(errorOf()).toContain("no band is named 'swir'; it has the bands 1 'blue'");
    said = [];
    await inspect([at('run'), '--input-bands', '1']);
    expect(errorOf()).toContain('chooses bands of chips');
  });

  it('of a catalog, and which chips differ', async () => {
    const catalog = writeChips('orders', [NAMES, NAMES, NAMES.toReversed()]);
    const whole = reportText(await inspectCatalog(catalog));
    expect(whole).toContain('4 bands of uint16: 1 (blue), 2 (green), 3 (red), 4 (nir) (4 of them)');
    expect(whole).toContain(
      '! 2 of the chips that were looked at are 32 × 32 pixels, 4 bands of uint16: 1 (nir)',
    );
    const some = reportText(await inspectCatalog(catalog, { inputBands: ['nir', 'red'] }));
    expect(some).toContain('4 bands of uint16; taken: nir, red');
    expect(some).not.toContain('!');
    const none = reportText(await inspectCatalog(catalog, { inputBands: ['nir', 'swir'] }));
    expect(none).toMatch(/! 4 of 4 train chips cannot be taken, the first: .*no band is named 'swir'/);
  });
});

it.each(['1,1', '0', '-1', '1.5', 'nir,,red'])('the flag refuses %s', (list) => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('exit');
  });
  try {
    expect(() => parsePretrainOptions(['--input-bands', list])).toThrow('exit');
  } finally {
    exit.mockRestore();
  }
});

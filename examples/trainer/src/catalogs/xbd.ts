import { existsSync, mkdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { encodeGeoTiff, rasterizeLabels } from 'diffusion-ssl/data';
import { DataError } from 'diffusion-ssl/errors';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { turn } from '../stopping/turn.js';
import { type MadeCatalog, type MadeRow, madeRows } from './Catalog.js';
import type { CatalogOptions } from './CatalogOptions.js';
import { linkOrCopy } from './linkOrCopy.js';
import { readXbdLabels } from './readXbdLabels.js';
import { blockOf, splitByPlace } from './splitByPlace.js';

/** What mask values mean; 255 is a building without a grade. */
export const DAMAGE = ['background', 'no damage', 'minor damage', 'major damage', 'destroyed'];

/** Pixels of buildings that nobody graded. */
const UNGRADED = 255;
/** What the folders of the data set are for. */
const USAGES: Readonly<Record<string, string>> = {
  train: 'train',
  tier3: 'train',
  hold: 'validate',
  test: 'test',
};
const BEFORE = /^(.+)_pre_disaster\.(png|tiff?)$/i;

/** A pair of images. */
interface Pair {
  name: string;
  before: string;
  extension: string;
  /** That of the split, which holds `images` and `labels`. */
  root: string;
}

/**
 * Makes a catalog of a folder of xBD: images before and after, a mask of the damage, the buildings by number, the kind
 * of the disaster and what is known of the image.
 *
 * @throws {DataError} If there is no pair, or a file is missing or wrong; the message names it.
 */
export async function catalogXbd(out: string, options: CatalogOptions): Promise<MadeCatalog> {
  const { folder, onMissing, signal } = options;
  const pairs = await findPairs(folder);
  if (pairs.length === 0) {
    throw new DataError(
      `${folder} holds no pair of images: NAME_pre_disaster.png and NAME_post_disaster.png in a folder images, ` +
        'NAME_post_disaster.json in a folder labels beside it.',
    );
  }
  checkNames(pairs);
  for (const name of ['before', 'after', 'masks', 'buildings'])
    mkdirSync(path.join(out, name), { recursive: true });
  const places = new Map<MadeRow, [lon: number, lat: number] | undefined>();
  let done = 0;
  const { rows, leftOut } = await madeRows(pairs, onMissing, async (pair): Promise<MadeRow> => {
    if (++done % 4 === 0) await turn(signal);
    options.onProgress(done, pairs.length);
    const { name, before, extension, root } = pair;
    const after = before.replace(/_pre_disaster(\.\w+)$/i, '_post_disaster$1');
    if (!existsSync(after)) throw new DataError(`${after} is missing; ${before} is there.`);
    const json = path.join(root, 'labels', `${name}_post_disaster.json`);
    if (!existsSync(json)) throw new DataError(`${json} is missing; ${after} is there.`);
    const { width, height, shapes, place, disaster, type, gsd, date } = await readXbdLabels(json);
    const grid = {
      width,
      height,
      epsg: null,
      transform: [1, 0, 0, 0, 1, 0] as [number, number, number, number, number, number],
    };
    const shared = { width, height, bands: 1 };
    const graded = shapes.map(({ grade, rings }) => ({
      label: grade ?? UNGRADED,
      kind: 'area' as const,
      lists: rings,
    }));
    const mask = rasterizeLabels({ shapes: graded, epsg: null }, grid, { noLabel: 0 });
    const numbered = graded.map((shape, i) => ({ ...shape, label: i + 1 }));
    const buildings = rasterizeLabels({ shapes: numbered, epsg: null }, grid, { noLabel: 0 });
    const row: MadeRow = {
      ...{ name, usage: '', before: `before/${name}.${extension}`, after: `after/${name}.${extension}` },
      ...{ label: `masks/${name}.tif`, buildings: `buildings/${name}.tif` },
      ...{ disaster, disaster_type: type, gsd, ...date },
    };
    await linkOrCopy(before, path.join(out, row.before));
    await linkOrCopy(after, path.join(out, row.after));
    const damage = encodeGeoTiff({ ...shared, data: Uint8Array.from(mask.data), bandNames: ['damage'] });
    await writeFileAtomic(path.join(out, row.label), damage);
    await writeFileAtomic(
      path.join(out, row.buildings),
      encodeGeoTiff({ ...shared, data: Uint16Array.from(buildings.data) }),
    );
    row.usage = USAGES[path.basename(root).toLowerCase()] ?? '';
    places.set(row, place);
    return row;
  });
  assignUsages(rows, places, options);
  return { rows, leftOut, classes: { label: DAMAGE } };
}

/** Where the folders do not say it, and where none is for validation, blocks of neighbours are split. */
function assignUsages(
  rows: readonly MadeRow[],
  places: ReadonlyMap<MadeRow, [number, number] | undefined>,
  { shares, block, seed }: CatalogOptions,
): void {
  const isValidated = rows.some(({ usage }) => usage === 'validate');
  const open = rows.filter(({ usage }) => usage === '' || (usage === 'train' && !isValidated));
  if (open.length === 0) return;
  const wanted = new Map(
    [...shares].filter(([name]) => name !== 'test' || rows.every(({ usage }) => usage !== 'test')),
  );
  const blocks = open.map((row, i) => {
    const place = places.get(row);
    // Without a building an image does not say where it is: it is a block of its own.
    return place ? blockOf(...place, block) : { row: Number.MAX_SAFE_INTEGER, column: i };
  });
  for (const [i, usage] of splitByPlace(blocks, { shares: wanted, seed }).entries()) open[i].usage = usage;
}

/** Throws if two pairs have one name, by which their files are called. */
function checkNames(pairs: readonly Pair[]): void {
  const found = new Map<string, string>();
  for (const { name, before } of pairs) {
    const other = found.get(name);
    if (other !== undefined) throw new DataError(`${other} and ${before} have one name: remove one of them.`);
    found.set(name, before);
  }
}

/** The pairs of a folder and of those below it. */
async function findPairs(folder: string, depth = 0): Promise<Pair[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: Error) => {
    throw new DataError(`${folder}: cannot be read (${cause.message}).`, { cause });
  });
  const pairs: Pair[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (depth < 3) pairs.push(...(await findPairs(at, depth + 1)));
      continue;
    }
    const [, name, extension] = BEFORE.exec(entry.name) ?? [];
    if (name !== undefined) pairs.push({ name, before: at, extension, root: path.dirname(folder) });
  }
  return pairs;
}

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DataError } from 'diffusion-ssl/errors';
import { turn } from '../stopping/turn.js';
import { type MadeCatalog, type MadeRow, madeRows } from './Catalog.js';
import type { CatalogOptions } from './CatalogOptions.js';
import { CORINE_19 } from './corine.js';
import { PatchFiles } from './PatchFiles.js';
import { readSplits } from './readSplits.js';
import {
  dateColumns,
  dateOf,
  middleOf,
  readPatchLabels,
  SENTINEL_2,
  seasonOf,
  writeSentinel1,
  writeSentinel2,
} from './sentinel.js';
import { blockOf, splitByPlace } from './splitByPlace.js';

/** What is made of BigEarthNet. */
export interface BigEarthNetOptions extends CatalogOptions {
  /** Bands of Sentinel-2. Default: all twelve. */
  bands?: readonly string[];
  /** Folder of `train.csv`, `val.csv` and `test.csv`. Default: split by place. */
  splits?: string;
}

/** A place: its patch of Sentinel-2, of Sentinel-1, or both. */
interface Pair {
  s2?: string;
  s1?: string;
  classes: number[];
}

const LABELS = '_labels_metadata.json';

/**
 * Makes a catalog of a folder of BigEarthNet (version 1): patches of Sentinel-2, Sentinel-1 or both, paired by the
 * labels of the latter. The rasters are written into `out`.
 *
 * @throws {DataError} If there is no patch, or a file is missing or wrong; the message names it.
 */
export async function catalogBigEarthNet(out: string, options: BigEarthNetOptions): Promise<MadeCatalog> {
  const { folder, bands = SENTINEL_2, onMissing, signal } = options;
  const files = await PatchFiles.open(folder);
  const pairs = await pairsOf(files, options);
  const sensors = (['s2', 's1'] as const).filter((sensor) =>
    pairs.some((pair) => pair[sensor] !== undefined),
  );
  for (const sensor of sensors) mkdirSync(path.join(out, sensor), { recursive: true });
  const writers = {
    s2: (patch: string, file: string) => writeSentinel2(files, patch, bands, file),
    s1: (patch: string, file: string) => writeSentinel1(files, patch, file),
  };
  let done = 0;
  const { rows, leftOut } = await madeRows(pairs, onMissing, async (pair): Promise<MadeRow> => {
    if (++done % 16 === 0) await turn(signal);
    options.onProgress(done, pairs.length);
    const rasters: Record<string, string> = {};
    let place: [lon: number, lat: number] | undefined;
    for (const sensor of sensors) {
      const patch = pair[sensor];
      if (patch === undefined) {
        const other = pair.s2 ?? pair.s1;
        throw new DataError(`${folder}: ${other} has no patch of the other sensor, as others have.`);
      }
      const name = `${sensor}/${patch}.tif`;
      const file = path.join(out, name);
      const written = await writers[sensor](patch, file);
      place ??= middleOf(written, file);
      rasters[sensor] = name;
    }
    const [lon, lat] = place!;
    const date = dateOf(pair.s2 ?? pair.s1!);
    return {
      patch_id: pair.s2 ?? pair.s1!,
      usage: '',
      ...rasters,
      labels: pair.classes.join(' '),
      lat: lat.toFixed(5),
      lon: lon.toFixed(5),
      ...dateColumns(date),
      season: seasonOf(date).toFixed(4),
    };
  });
  const splits = options.splits === undefined ? undefined : await readSplits(options.splits);
  if (splits) {
    const own = rows.filter((row) => splits.has(row.patch_id));
    for (const row of own) row.usage = splits.get(row.patch_id)!;
    const others = rows.length - own.length;
    if (others > 0) leftOut.push(`${others} patches are in none of the splits of ${options.splits}`);
    return { rows: own, leftOut, classes: { labels: CORINE_19 } };
  }
  const blocks = rows.map(({ lon, lat }) => blockOf(Number(lon), Number(lat), options.block));
  for (const [i, usage] of splitByPlace(blocks, options).entries()) rows[i].usage = usage;
  return { rows, leftOut, classes: { labels: CORINE_19 } };
}

/** The patches of a folder, those of Sentinel-1 beside those of Sentinel-2 that they name. */
async function pairsOf(files: PatchFiles, { folder, onMissing }: BigEarthNetOptions): Promise<Pair[]> {
  if (files.patches.length === 0) {
    throw new DataError(
      `${folder} holds no patch: a folder such as S2A_MSIL2A_20170613T101031_61_39 with ` +
        `S2A_MSIL2A_20170613T101031_61_39_B02.tif and _labels_metadata.json, at most three folders down.`,
    );
  }
  const pairs = new Map<string, Pair>();
  for (const patch of [...files.patches].sort((a, b) => b.localeCompare(a))) {
    const file = files.find(patch, LABELS);
    if (file === undefined) {
      if (onMissing === 'skip') continue;
      files.get(patch, LABELS);
    }
    const { classes, sentinel2 } = await readPatchLabels(file!);
    if (patch.startsWith('S2')) pairs.set(patch, { s2: patch, classes });
    else {
      const key = sentinel2 ?? patch;
      pairs.set(key, { ...pairs.get(key), s1: patch, classes: pairs.get(key)?.classes ?? classes });
    }
  }
  return [...pairs.values()].sort((a, b) => ((a.s2 ?? a.s1!) < (b.s2 ?? b.s1!) ? -1 : 1));
}

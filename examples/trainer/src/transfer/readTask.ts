import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type CatalogRow, decodeChip, decodeGeoTiff } from 'diffusion-ssl/data';
import { readCatalog } from 'diffusion-ssl/data/node';
import { DataError } from 'diffusion-ssl/errors';
import type { NormalizationOptions } from 'diffusion-ssl/normalization';
import { turn } from '../stopping/turn.js';
import { type ChipSet, NO_LABEL, SPLITS, type Split, type Task, type TaskKind, taskSizes } from './Task.js';

/** Where labelled chips are, and what is asked of them. */
export interface TaskSource {
  kind: TaskKind;
  data: string;
  catalog: string;
  imageColumns: string[];
  /**
   * Column of the answers: paths of rasters for segmentation, a class for scenes, classes separated by blanks for
   * groups.
   */
  labelColumn: string;
  /** Column of what must not be in two splits, such as a region; missing: none. */
  groupColumn?: string;
  classes: string[];
  /** Value in the rasters, besides those outside the classes below 0, that is no label. Default 255. */
  ignoreIndex?: number;
  bands: number;
  normalization: NormalizationOptions | null;
}

/**
 * Reads all chips of a catalog, scaled, with their labels.
 *
 * @throws {DataError} If a split has no chips, a group is in two splits, chips differ in size, or a label is no class.
 */
export async function readTask(source: TaskSource, signal?: AbortSignal): Promise<Task> {
  const { data, catalog, kind, classes, imageColumns } = source;
  const rows = await readCatalog(catalog, { imageColumns });
  if (source.groupColumn !== undefined) checkGroups(rows, source.groupColumn, catalog);
  let shape: [number, number, number] | undefined;
  const read = async (split: Split): Promise<ChipSet> => {
    const chosen = rows.filter(({ usage }) => usage === split);
    if (chosen.length === 0) throw new DataError(`${catalog} has no row with usage '${split}'.`);
    const images: Float32Array[] = [];
    const labels: Int32Array[] = [];
    for (const [i, row] of chosen.entries()) {
      if (i % 32 === 0) await turn(signal);
      const files = await Promise.all(
        row.images.map(async (name) => ({ name, bytes: await readFile(path.join(data, name)) })),
      );
      const chip = await decodeChip(files, { channels: source.bands, normalization: source.normalization });
      shape ??= [chip.height, chip.width, chip.channels];
      if (chip.height !== shape[0] || chip.width !== shape[1]) {
        const size = `${chip.height} × ${chip.width}`;
        throw new DataError(`${row.images[0]} has ${size} pixels, others ${shape[0]} × ${shape[1]}.`);
      }
      images.push(Float32Array.from(chip.data));
      labels.push(await labelsOf(row, source, taskSizes({ kind, classes, shape }).samples));
    }
    return { count: chosen.length, images: joined(images, Float32Array), labels: joined(labels, Int32Array) };
  };
  const sets = {} as Record<Split, ChipSet>;
  for (const split of SPLITS) sets[split] = await read(split);
  return {
    kind,
    classes,
    shape: shape!,
    sets,
    fingerprint: fingerprintOf({ kind, classes, shape: shape!, sets }),
  };
}

function fingerprintOf({ sets, ...rest }: Omit<Task, 'fingerprint'>): string {
  const hash = createHash('sha256').update(JSON.stringify(rest));
  for (const split of SPLITS) for (const part of [sets[split].images, sets[split].labels]) hash.update(part);
  return hash.digest('hex');
}

/** @throws {DataError} If a value of the column is in two splits. */
function checkGroups(rows: readonly CatalogRow[], column: string, catalog: string): void {
  const splits = new Map<string, string>();
  for (const { usage, values, line } of rows) {
    const group = values[column];
    if (group === undefined) throw new DataError(`${catalog} has no column '${column}' (--group).`);
    const other = splits.get(group) ?? usage;
    if (other !== usage) {
      throw new DataError(
        `${catalog}, line ${line}: '${column}' ${group} is in ${usage} and in ${other}: neighbours would be in both. ` +
          'Split by whole groups, or choose another --group.',
      );
    }
    splits.set(group, usage);
  }
}

async function labelsOf(row: CatalogRow, source: TaskSource, samples: number): Promise<Int32Array> {
  const { data, catalog, kind, labelColumn, classes, ignoreIndex = 255 } = source;
  const text = row.values[labelColumn];
  if (text === undefined) throw new DataError(`${catalog} has no column '${labelColumn}' (--label-column).`);
  const where = `${catalog}, line ${row.line}, column '${labelColumn}'`;
  const classOf = (value: string) => {
    const found = /^\d+$/.test(value) ? Number(value) : classes.indexOf(value);
    if (found >= 0 && found < classes.length) return found;
    throw new DataError(`${where}: '${value}' is none of the ${classes.length} classes, from 0.`);
  };
  if (kind === 'scenes') return Int32Array.of(text === '' ? NO_LABEL : classOf(text));
  if (kind === 'groups') {
    const present = new Set(text.split(/\s+/).filter(Boolean).map(classOf));
    return Int32Array.from(classes, (_, k) => Number(present.has(k)));
  }
  const file = path.join(data, text);
  const { data: values } = await decodeGeoTiff(await readFile(file), { name: file });
  if (values.length !== samples)
    throw new DataError(`${file} has ${values.length} pixels, its chip ${samples}.`);
  return Int32Array.from(values, (value) => {
    if (value === ignoreIndex || value < 0) return NO_LABEL;
    if (Number.isInteger(value) && value < classes.length) return value;
    throw new DataError(`${file} holds ${value}, which is none of the ${classes.length} classes, from 0.`);
  });
}

function joined<T extends Float32Array | Int32Array>(parts: T[], Type: new (length: number) => T): T {
  const whole = new Type(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part as never, at);
    at += part.length;
  }
  return whole;
}

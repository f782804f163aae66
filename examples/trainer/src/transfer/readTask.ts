import { createHash } from 'node:crypto';
import type { CatalogRow } from 'diffusion-ssl/data';
import { readCatalog } from 'diffusion-ssl/data/node';
import { ConfigError, DataError } from 'diffusion-ssl/errors';
import type { LabelSource } from '../labels/ChipLabels.js';
import { type ChipScaling, openChips } from '../labels/openChips.js';
import { openLabels } from '../labels/openLabels.js';
import { turn } from '../stopping/turn.js';
import { type ChipSet, datesOf, isPerPixel, NO_LABEL, SPLITS, type Split, type Task } from './Task.js';

/** Where labelled chips are, and what is asked of them. */
export interface TaskSource extends LabelSource, ChipScaling {
  imageColumns: string[];
  /** Column of what must not be in two splits, such as a region; missing: none. */
  groupColumn?: string;
  /** Splits that may have no chip. Default none. */
  optional?: readonly Split[];
}

/** Chips read so far, and their labels. */
interface ReadChips {
  names: string[];
  images: Float32Array[];
  labels: Int32Array[];
}

/**
 * Reads all labelled chips of a catalog, scaled, with their labels.
 *
 * @throws {DataError} If a split has no labelled chip, a group is in two splits, chips differ in size, or a label is no
 * class.
 */
export async function readTask(source: TaskSource, signal?: AbortSignal): Promise<Task> {
  const { catalog, kind, imageColumns, optional = [] } = source;
  const dates = datesOf(kind);
  if (dates > 1 && imageColumns.length !== dates) {
    const given = imageColumns.join(' ');
    throw new ConfigError(`--task change takes the columns of two dates by --image-columns, not '${given}'.`);
  }
  const rows = await readCatalog(catalog, { imageColumns });
  if (source.groupColumn !== undefined) checkGroups(rows, source.groupColumn, catalog);
  const labels = await openLabels(source, rows);
  // The images of a row are parts of one, or one of each date.
  const imagesOf = ({ images }: CatalogRow) => (dates > 1 ? images.map((image) => [image]) : [images]);
  const chips = await openChips(
    rows.map((row) => ({ ...row, images: imagesOf(row)[0] })),
    source,
  );
  let shape: [number, number, number] | undefined;
  /** Nothing of a chip that cannot be read, where those are left out. */
  const unlessBad = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (source.onBadChip !== 'skip') throw error;
      return undefined;
    }
  };
  const read = async (split: Split): Promise<ReadChips> => {
    const chosen = rows.filter(({ usage }) => usage === split);
    const found: ReadChips = { names: [], images: [], labels: [] };
    for (const [i, row] of chosen.entries()) {
      if (i % 32 === 0) await turn(signal);
      const opened = await unlessBad(() =>
        Promise.all(imagesOf(row).map((images) => chips.open({ ...row, images }))),
      );
      if (!opened) continue;
      const own = await labels.of(row, opened[0].grid);
      // Of groups, none is an answer too.
      if (kind !== 'groups' && own.every((label) => label === NO_LABEL)) continue;
      const images = await unlessBad(async () => {
        const images = await Promise.all(opened.map(({ read }) => read()));
        for (const [date, { height, width, channels }] of images.entries()) {
          shape ??= [height, width, channels];
          if (height !== shape[0] || width !== shape[1]) {
            throw new DataError(
              `${row.images[date]} has ${height} × ${width} pixels, others ${shape[0]} × ${shape[1]}.`,
            );
          }
        }
        return images;
      });
      if (!images) continue;
      for (const { data, mask } of images) {
        if (mask && isPerPixel(kind)) for (const i of own.keys()) if (mask.data[i] === 0) own[i] = NO_LABEL;
        found.images.push(Float32Array.from(data));
      }
      found.names.push(row.images[0]);
      found.labels.push(own);
    }
    if (found.names.length > 0 || optional.includes(split)) return found;
    throw new DataError(
      chosen.length > 0
        ? `None of the ${chosen.length} chips of ${catalog} with usage '${split}' has a label.`
        : `${catalog} has no row with usage '${split}'.`,
    );
  };
  const parts = {} as Record<Split, ReadChips>;
  for (const split of SPLITS) parts[split] = await read(split);
  const classes = classesOf(source, labels.classes, Object.values(parts));
  const setOf = ({ names, images, labels }: ReadChips): ChipSet => ({
    count: names.length,
    names,
    images: joined(images, Float32Array),
    labels: joined(
      kind === 'groups' ? labels.map((own) => presence(own, classes.length)) : labels,
      Int32Array,
    ),
  });
  const sets = Object.fromEntries(SPLITS.map((split) => [split, setOf(parts[split])])) as Task['sets'];
  const task = { kind, classes, shape: shape!, sets };
  return { ...task, fingerprint: fingerprintOf(task) };
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

/** The names of the classes: those given, those that the labels have, or numbers up to the largest. */
function classesOf(
  { labels: source, classes: given }: TaskSource,
  named: readonly string[] | undefined,
  parts: readonly ReadChips[],
): string[] {
  let largest = { label: 1, name: '' };
  for (const { names, labels } of parts) {
    for (const [i, own] of labels.entries()) {
      for (const label of own) if (label > largest.label) largest = { label, name: names[i] };
    }
  }
  const classes = given ?? named ?? Array.from({ length: largest.label + 1 }, (_, k) => String(k));
  if (largest.label < classes.length) return [...classes];
  throw new DataError(
    `${source}: the label ${largest.label} of ${largest.name} is none of the ${classes.length} classes, from 0.`,
  );
}

/** 0 and 1 for each class. */
function presence(present: Int32Array, classes: number): Int32Array {
  return Int32Array.from({ length: classes }, (_, k) => Number(present.includes(k)));
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

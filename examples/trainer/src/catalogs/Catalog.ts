import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { DataError } from 'diffusion-ssl/errors';
import { csvLine } from '../results/csvLine.js';

/** A row of a catalog that is made: paths of rasters and values by column. */
export type MadeRow = Record<string, string>;

/** What became of a folder of a data set. */
export interface MadeCatalog {
  rows: readonly MadeRow[];
  /** Of what was left out, why. */
  leftOut: readonly string[];
  /** Names of classes by the column that has their numbers. */
  classes: Readonly<Record<string, readonly string[]>>;
}

/** Writes `catalog.csv`, and `classes.json`: of each column of numbers the names of the classes. */
export function writeMadeCatalog(folder: string, { rows, classes }: MadeCatalog): void {
  if (rows.length === 0) throw new DataError('No chip is left for the catalog.');
  const columns = Object.keys(rows[0]);
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  writeFileSync(path.join(folder, 'catalog.csv'), lines.map(csvLine).join(''));
  writeFileSync(path.join(folder, 'classes.json'), `${JSON.stringify(classes, null, 2)}\n`);
}

/** What is done with a chip that lacks a file. */
export type OnMissing = 'error' | 'skip';

/** Makes rows of what each chip has; of chips that lack something, nothing where those are left out. */
export async function madeRows<T>(
  items: readonly T[],
  onMissing: OnMissing,
  make: (item: T) => Promise<MadeRow>,
): Promise<{ rows: MadeRow[]; leftOut: string[] }> {
  const rows: MadeRow[] = [];
  const leftOut: string[] = [];
  for (const item of items) {
    try {
      rows.push(await make(item));
    } catch (error) {
      if (onMissing === 'error' || !(error instanceof DataError)) throw error;
      leftOut.push(error.message);
    }
  }
  return { rows, leftOut };
}

import { type CatalogRow, labelsOfColumn } from 'diffusion-ssl/data';
import { DataError } from 'diffusion-ssl/errors';
import { NO_LABEL } from '../transfer/Task.js';
import type { ChipLabels, LabelSource } from './ChipLabels.js';

/** Classes of whole chips in a column of the catalog, by number or name: one a chip, or several by blanks. */
export function classColumn(source: LabelSource, rows: readonly CatalogRow[]): ChipLabels {
  const { kind, catalog, labels: column, classes } = source;
  // One class may be missing, and its name may have blanks.
  const separator = kind === 'groups' ? ' ' : '\n';
  const read = (names?: readonly string[]) => labelsOfColumn(rows, column, { separator, classes: names });
  let found: ReturnType<typeof read>;
  try {
    found = read();
    if (found.classes && classes) found = read(classes);
  } catch (error) {
    throw new DataError(`${catalog}: ${(error as Error).message}`, { cause: error });
  }
  const places = new Map(rows.map((row, i) => [row, i]));
  return {
    classes: found.classes ?? undefined,
    async of(row) {
      const own = found.labels[places.get(row)!];
      return kind === 'groups' ? Int32Array.from(own) : Int32Array.of(own[0] ?? NO_LABEL);
    },
  };
}

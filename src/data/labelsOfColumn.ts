import { DataError } from '../errors/DataError.js';
import type { LabelNames } from './LabelShape.js';
import { numberLabels } from './numberLabels.js';
import type { CatalogRow } from './parseCatalog.js';

/** Options of {@link labelsOfColumn}. */
export interface ColumnLabelOptions extends LabelNames {
  /** Separates several labels of a chip; the result then has a list a chip. Default: one label each. */
  separator?: string;
}

/** Labels of chips by a column of their catalog. */
export interface ColumnLabels {
  /** For each row its labels: one, or as many as it has by the `separator`. */
  labels: number[][];
  /** Names of the classes by number; null where the column has integers. */
  classes: string[] | null;
}

/**
 * Labels of whole chips, for scene classification, by a column of the catalog: integers, names, or several of them.
 *
 * @param rows As `readCatalog` gives them.
 * @param column Its name, in the catalog's own spelling.
 * @throws {DataError} If a row has no such column or no label.
 * @example
 * ```ts
 * import { labelsOfColumn, parseCatalog } from 'diffusion-ssl/data';
 *
 * const rows = parseCatalog('image,usage,cover\na.tif,train,forest\nb.tif,train,city\n');
 * console.log(labelsOfColumn(rows, 'cover')); // { labels: [[1], [0]], classes: ['city', 'forest'] }
 * ```
 */
export function labelsOfColumn(
  rows: readonly Pick<CatalogRow, 'values'>[],
  column: string,
  { classes, separator }: ColumnLabelOptions = {},
): ColumnLabels {
  const values = rows.map(({ values }, i) => {
    const value = values[column];
    if (value === undefined) {
      throw new DataError(
        `labelsOfColumn: the catalog has no column '${column}'; it has ${Object.keys(values).join(', ')}.`,
      );
    }
    const parts =
      separator === undefined ? [value] : value.split(separator).filter((part) => part.trim() !== '');
    return parts.map((part) => ({ value: part, place: `labelsOfColumn: row ${i + 1}, column '${column}'` }));
  });
  const numbered = numberLabels(values.flat(), classes);
  const left = [...numbered.labels];
  return { labels: values.map(({ length }) => left.splice(0, length)), classes: numbered.classes };
}

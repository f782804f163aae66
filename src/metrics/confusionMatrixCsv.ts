import { inFunction } from '../internal/inFunction.js';
import type { ConfusionMatrix } from './ConfusionMatrix.js';
import { type ClassNames, classNamesOf } from './classNamesOf.js';

/**
 * A confusion matrix as a CSV file: a row for each class of the reference, a column for each predicted one, pixel
 * counts in the cells.
 *
 * @throws If there is not one name a class.
 * @example
 * ```ts
 * import { ConfusionMatrix, confusionMatrixCsv } from 'diffusion-ssl/metrics';
 *
 * const matrix = new ConfusionMatrix(2);
 * matrix.add([0, 0, 1], [0, 1, 1]);
 * console.log(confusionMatrixCsv(matrix, { classNames: ['water', 'land'] }));
 * // reference,water,land
 * // water,1,1
 * // land,0,1
 * ```
 */
export function confusionMatrixCsv(matrix: ConfusionMatrix, options: ClassNames = {}): string {
  const names = inFunction('confusionMatrixCsv', () => classNamesOf(matrix, options)).map(quoted);
  const { numClasses: n, counts } = matrix;
  const rows = names.map((name, k) => [name, ...counts.subarray(k * n, (k + 1) * n)].join(','));
  return `${['reference', ...names].join(',')}\n${rows.join('\n')}\n`;
}

function quoted(name: string): string {
  return /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

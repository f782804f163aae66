import { argumentError } from '../internal/checks.js';

/** Throws unless `values` is as long as the reference. */
export function checkLength(
  functionName: string,
  argument: string,
  values: ArrayLike<number>,
  reference: ArrayLike<number>,
): void {
  if (values.length !== reference.length) {
    throw argumentError(
      `${functionName}: ${argument}.length`,
      values.length,
      `${reference.length} as reference's`,
    );
  }
}

/** Throws unless the label at `i` is 0 or 1. */
export function checkBinary(
  functionName: string,
  argument: string,
  values: ArrayLike<number>,
  i: number,
): void {
  if (values[i] !== 0 && values[i] !== 1)
    throw argumentError(`${functionName}: ${argument}[${i}]`, values[i], '0 or 1');
}

/** `numerator / denominator`, and 0 where there is nothing to divide by. */
export function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}

import { expect } from 'vitest';

/** A fixture's tolerance: a value passes when |x - ref| <= abs + rel * |ref|. */
export interface Tolerance {
  abs: number;
  rel?: number;
}

/** Asserts that every element is within the tolerance (NaN equals NaN), and says where the worst one is. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
): void {
  expect(actual.length, 'number of elements').toBe(expected.length);
  let worst = -1;
  let worstExcess = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isNaN(expected[i]) && Number.isNaN(actual[i])) continue;
    const allowed = tolerance.abs + (tolerance.rel ?? 0) * Math.abs(expected[i]);
    const excess = Math.abs(actual[i] - expected[i]) - allowed;
    if (!(excess <= worstExcess)) {
      worst = i;
      worstExcess = excess;
      if (Number.isNaN(excess)) break;
    }
  }
  if (worst >= 0) {
    expect.fail(
      `element ${worst} is ${actual[worst]}, expected ${expected[worst]} ` +
        `(abs ${tolerance.abs}, rel ${tolerance.rel ?? 0})`,
    );
  }
}

/** ||actual - expected|| / ||expected||. */
export function relativeL2(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length, 'number of elements').toBe(expected.length);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return Math.sqrt(difference) / Math.sqrt(norm);
}

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of reference values: `FIXTURES` where set, else `test/fixtures`. */
export const fixturesFolder = path.resolve(
  process.env.FIXTURES ?? fileURLToPath(new URL('../fixtures', import.meta.url)),
);

/** An array as the fixtures' JSON writes it. `null` inside `data` means NaN. */
export interface FixtureArray {
  shape: number[];
  dtype: string;
  data: (number | null | string)[];
}

/** Absolute path of a fixture file. */
export function fixturePath(name: string): string {
  return path.join(fixturesFolder, name);
}

/** A parsed JSON fixture. */
export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(fixturePath(name), 'utf8')) as T;
}

/** The values of a fixture array as numbers: `null` becomes NaN, `"Infinity"` infinity. */
export function fixtureValues(array: FixtureArray): Float64Array {
  const values = Float64Array.from(array.data, (v) => (v === null ? Number.NaN : Number(v)));
  return array.dtype === 'float32' ? values.map(Math.fround) : values;
}

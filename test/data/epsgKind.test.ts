import { describe, expect, it } from 'vitest';
import { epsgKind } from '../../src/data/epsgKind.js';

const kinds = Array.from({ length: 32767 }, (_, code) => epsgKind(code));
const sum = (of: number[]) => of.reduce((total, code) => total + code, 0);

describe('epsgKind', () => {
  // Counts and sums of the codes of which GDAL 3.10 says so.
  it.each([
    ['geographic', 689, 4_152_464],
    ['projected', 5707, 69_313_194],
  ] as const)('knows every %s system of two dimensions', (kind, count, total) => {
    const found = kinds.flatMap((known, code) => (known === kind ? [code] : []));
    expect([found.length, sum(found)]).toEqual([count, total]);
  });

  it.each([
    [3819, 'geographic'], // HD1909, the first
    [4326, 'geographic'],
    [10310, 'geographic'], // RGNC15
    [20046, 'geographic'], // the last
    [2000, 'projected'], // the first
    [4026, 'projected'], // MOLDREF99 / Moldova TM
    [4087, 'projected'], // WGS 84 / World Equidistant Cylindrical
    [4647, 'projected'], // ETRS89 / UTM zone 32N (zE-N)
    [32633, 'projected'],
    [32766, 'projected'], // the last
  ])('EPSG:%i is %s', (code, kind) => expect(epsgKind(code)).toBe(kind));

  it.each([0, 1024, 4978, 4979, 5773, 7415, 32767, 900913, 4326.5, Number.NaN])('does not know %d', (code) =>
    expect(epsgKind(code)).toBeUndefined(),
  );
});

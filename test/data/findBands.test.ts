import { describe, expect, it } from 'vitest';
import { findBands } from '../../src/data/index.js';
import { ConfigError, DataError } from '../../src/errors/index.js';

const optical = { bands: 4, bandNames: ['blue', 'green', 'Red', null], alphaBand: 3 };
const radar = { bands: 2, bandNames: ['VV', 'red'], alphaBand: null };

describe('findBands', () => {
  it('counts over all rasters from 1, and finds names', () => {
    expect(findBands([optical, radar], [6, 'green', 'VV', 1, 4])).toEqual([6, 2, 5, 1, 4]);
    expect(findBands([{ bands: 2, bandNames: null, alphaBand: null }], [2])).toEqual([2]);
  });

  it('takes a name as it is before one that differs in case', () => {
    expect(findBands([optical, radar], ['Red', 'red', ' vv '])).toEqual([3, 6, 5]);
  });

  it.each<[string, (string | number)[], string]>([
    [
      'a number beyond',
      [1, 7],
      "a.tif: there is no band 7; it has the bands 1 'blue', 2 'green', 3 'Red', 4 (alpha), 5 'VV', 6 'red'.",
    ],
    ['an unknown name', ['swir'], "no band is named 'swir'; it has the bands 1 'blue'"],
    ['a name of two', ['RED'], "'RED' is the name of the bands 3, 6; it has"],
    ['one by number and name', ['green', 2], 'band 2 is chosen twice; it has'],
  ])('refuses %s, and lists what is there', (_, bands, message) => {
    const call = () => findBands([optical, radar], bands, 'a.tif');
    expect(call).toThrow(DataError);
    expect(call).toThrow(message);
  });

  it.each<[(string | number)[], string]>([
    [[], 'bands is []; it must be a list of at least one band'],
    [[1, 0], 'bands[1] is 0; it must be a number from 1 on'],
    [[1.5], 'bands[0] is 1.5'],
    [[''], "bands[0] is ''"],
    [['a', 'a'], "bands[1] is 'a'; it must be another band"],
  ])('refuses what is no selection: %j', (bands, message) => {
    const call = () => findBands([optical], bands);
    expect(call).toThrow(ConfigError);
    expect(call).toThrow(message);
  });
});

import { describe, expect, it } from 'vitest';
import { readCatalog } from '../../../src/data/node/index.js';
import { fixturePath } from '../../support/fixtures.js';

describe('readCatalog', () => {
  it('reads a file', async () => {
    const rows = await readCatalog(fixturePath('geotiff/catalog.csv'));
    expect(rows.length).toBeGreaterThan(0);
    expect(rows[0].images[0]).toMatch(/\.tif$/);
  });

  it('names a file that is not there or not as expected', async () => {
    await expect(readCatalog('/nowhere/catalog.csv')).rejects.toThrow(
      '/nowhere/catalog.csv: the catalog cannot',
    );
    const file = fixturePath('geotiff/catalog_two_columns.csv');
    await expect(readCatalog(file)).rejects.toThrow(`${file}, line 1: no column 'image'`);
  });
});

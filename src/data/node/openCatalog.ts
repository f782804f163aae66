import { ChipList } from '../ChipList.js';
import type { CatalogUsage, ParseCatalogOptions } from '../parseCatalog.js';
import { streamCatalogPieces } from './streamCatalog.js';

/** The chips of a catalog by their usage. */
export type CatalogChips = Record<CatalogUsage, ChipList>;

/**
 * Reads a catalog file into compact lists of chips, one a usage, in the order of the file: for catalogs of any size, as
 * `createChipLoader` takes them. Keeps the paths alone; `readCatalog` gives all columns.
 *
 * @throws If the file cannot be read, or as `parseCatalog`; the message names the file.
 * @example
 * import { mkdtempSync, writeFileSync } from 'node:fs';
 * import { openCatalog } from 'diffusion-ssl/data/node';
 * const file = `${mkdtempSync('/tmp/catalog-')}/catalog.csv`;
 * writeFileSync(file, 'image,usage\na.tif,train\nb.tif,validate\n');
 * const { train, validate } = await openCatalog(file);
 * console.log(train.length, validate.at(0)?.images);
 */
export async function openCatalog(
  file: string,
  options: Omit<ParseCatalogOptions, 'file'> = {},
): Promise<CatalogChips> {
  const chips: CatalogChips = {
    train: new ChipList(),
    validate: new ChipList(),
    test: new ChipList(),
    predict: new ChipList(),
  };
  for await (const rows of streamCatalogPieces(file, options)) {
    for (const row of rows) chips[row.usage].push(row);
  }
  return chips;
}

import { ChipList } from '../ChipList.js';
import type { CatalogUsage, ParseCatalogOptions } from '../parseCatalog.js';
import { type CatalogRepeat, RepeatedChips } from '../RepeatedChips.js';
import { streamCatalogPieces } from './streamCatalog.js';

/** The chips of a catalog by their usage. */
export interface CatalogChips extends Record<CatalogUsage, ChipList> {
  /**
   * Chips that more than one split has, of train, validate and test, and rows that stand twice; empty where there are
   * none.
   */
  repeats: CatalogRepeat[];
}

/**
 * Reads a catalog file into compact lists of chips, one a usage, in the order of the file: for catalogs of any size, as
 * `createChipLoader` takes them. Keeps the paths alone; `readCatalog` gives all columns. Counts the chips that are in
 * more than one split and the rows that stand twice, `./a.tif` and `a.tif` taken for the same chip.
 *
 * @throws If the file cannot be read, or as `parseCatalog`; the message names the file.
 * @example
 * import { mkdtempSync, writeFileSync } from 'node:fs';
 * import { openCatalog } from 'diffusion-ssl/data/node';
 * const file = `${mkdtempSync('/tmp/catalog-')}/catalog.csv`;
 * writeFileSync(file, 'image,usage\na.tif,train\nb.tif,validate\n');
 * const { train, validate, repeats } = await openCatalog(file);
 * console.log(train.length, validate.at(0)?.images);
 * for (const { usages, count } of repeats) console.warn(`${count} chips are in ${usages.join(' and ')}`);
 */
export async function openCatalog(
  file: string,
  options: Omit<ParseCatalogOptions, 'file'> = {},
): Promise<CatalogChips> {
  const repeated = new RepeatedChips();
  const chips = {
    train: new ChipList(),
    validate: new ChipList(),
    test: new ChipList(),
    predict: new ChipList(),
  };
  for await (const rows of streamCatalogPieces(file, options)) {
    for (const row of rows) {
      chips[row.usage].push(row);
      repeated.add(row);
    }
  }
  return { ...chips, repeats: repeated.repeats() };
}

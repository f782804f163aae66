import type { CatalogRow, ParseCatalogOptions } from '../parseCatalog.js';
import { streamCatalogPieces } from './streamCatalog.js';

/**
 * Reads a catalog file: see `parseCatalog`. For millions of rows see `openCatalog` and `streamCatalog`.
 *
 * @throws If the file cannot be read, or as `parseCatalog`; the message names the file.
 * @example
 * import { mkdtempSync, writeFileSync } from 'node:fs';
 * import { readCatalog } from 'diffusion-ssl/data/node';
 * const file = `${mkdtempSync('/tmp/catalog-')}/catalog.csv`;
 * writeFileSync(file, 'image,usage\na.tif,train\n');
 * console.log((await readCatalog(file))[0].images);
 */
export async function readCatalog(
  file: string,
  options: Omit<ParseCatalogOptions, 'file'> = {},
): Promise<CatalogRow[]> {
  const rows: CatalogRow[] = [];
  for await (const piece of streamCatalogPieces(file, options)) for (const row of piece) rows.push(row);
  return rows;
}

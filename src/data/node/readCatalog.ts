import { readFile } from 'node:fs/promises';
import { type CatalogRow, type ParseCatalogOptions, parseCatalog } from '../parseCatalog.js';

/**
 * Reads a catalog file: see `parseCatalog`.
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
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new Error(`${file}: the catalog cannot be read: ${error.message}`, { cause: error });
  });
  return parseCatalog(text, { ...options, file });
}

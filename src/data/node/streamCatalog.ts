import { createReadStream } from 'node:fs';
import { CatalogReader } from '../CatalogReader.js';
import type { CatalogRow, ParseCatalogOptions } from '../parseCatalog.js';

/**
 * Reads a catalog file row by row: its memory does not depend on the number of rows. See `parseCatalog` for the format.
 *
 * @throws If the file cannot be read, or as `parseCatalog`, when the row's turn comes; the message names the file.
 * @example
 * import { mkdtempSync, writeFileSync } from 'node:fs';
 * import { streamCatalog } from 'diffusion-ssl/data/node';
 * const file = `${mkdtempSync('/tmp/catalog-')}/catalog.csv`;
 * writeFileSync(file, 'image,usage\na.tif,train\nb.tif,validate\n');
 * for await (const { line, images, usage } of streamCatalog(file)) console.log(line, images, usage);
 */
export async function* streamCatalog(
  file: string,
  options: Omit<ParseCatalogOptions, 'file'> = {},
): AsyncGenerator<CatalogRow, void, void> {
  for await (const rows of streamCatalogPieces(file, options)) yield* rows;
}

/** As {@link streamCatalog}, the rows of one piece of the file at a time: fewer turns of the event loop. */
export async function* streamCatalogPieces(
  file: string,
  options: Omit<ParseCatalogOptions, 'file'>,
): AsyncGenerator<Iterable<CatalogRow>, void, void> {
  const reader = new CatalogReader({ ...options, file });
  const pieces = createReadStream(file, { encoding: 'utf8', highWaterMark: 2 ** 18 })[Symbol.asyncIterator]();
  for (;;) {
    const piece = await pieces.next().catch((error: Error) => {
      throw new Error(`${file}: the catalog cannot be read: ${error.message}`, { cause: error });
    });
    if (piece.done) break;
    yield reader.push(piece.value as string);
  }
  yield reader.end();
}

import { createReadStream } from 'node:fs';
import { DataError } from '../../errors/DataError.js';
import { fileKind } from '../../internal/fileKind.js';
import { CatalogReader } from '../CatalogReader.js';
import { CatalogText } from '../CatalogText.js';
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
  const text = new CatalogText(file);
  const stream = createReadStream(file, { highWaterMark: 2 ** 18 });
  const pieces = stream[Symbol.asyncIterator]();
  let first: Uint8Array | undefined;
  try {
    for (;;) {
      const piece = await pieces.next().catch((error: Error) => {
        throw new DataError(`${file}: the catalog cannot be read: ${error.message}`, { cause: error });
      });
      if (piece.done) break;
      const bytes = piece.value as Uint8Array;
      yield first === undefined
        ? rowsOf(reader, () => text.push(bytes), bytes)
        : reader.push(text.push(bytes));
      first ??= bytes.slice(0, 1024);
    }
    yield rowsOf(reader, () => text.end(), first ?? new Uint8Array(0));
    yield reader.end();
  } finally {
    stream.destroy();
  }
}

/** The rows of a piece; where it is no text, the error says what the file is by its first bytes. */
function* rowsOf(reader: CatalogReader, piece: () => string, first: Uint8Array): Iterable<CatalogRow> {
  try {
    yield* reader.push(piece());
  } catch (error) {
    const kind = fileKind(first);
    if (!kind || kind.suffix === 'txt') throw error;
    const spreadsheet = kind.suffix === 'zip' ? ', as .xlsx and .ods are: save the table as CSV' : '';
    throw new DataError(`${(error as Error).message} The file is ${kind.what}${spreadsheet}.`, {
      cause: error,
    });
  }
}

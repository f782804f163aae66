import path from 'node:path';
import { readCatalog } from 'diffusion-ssl/data/node';
import { DataError } from 'diffusion-ssl/errors';
import { dateIn } from './dateIn.js';
import type { SarFiles } from './SarFiles.js';

/** Where a catalog has scenes and dates. */
export interface SarCatalog {
  catalog: string;
  /** What its paths are relative to. */
  data: string;
  /** One column of rasters with both polarizations, or one of VV and one of VH. */
  imageColumns: readonly string[];
  dateColumn: string;
}

/** The scenes of a catalog. @throws If it cannot be read, or a row has no date. */
export async function readSarCatalog({
  catalog,
  data,
  imageColumns,
  dateColumn,
}: SarCatalog): Promise<SarFiles[]> {
  const rows = await readCatalog(catalog, { imageColumns });
  return rows.map(({ images, values, line }) => {
    if (values[dateColumn] === undefined)
      throw new DataError(`${catalog} has no column '${dateColumn}' (--date-column).`);
    const date = dateIn(values[dateColumn]);
    if (date === undefined) {
      throw new DataError(
        `${catalog}, line ${line}, column '${dateColumn}': '${values[dateColumn]}' is no date such as 2017-06-13.`,
      );
    }
    const at = images.map((image) => (/^https?:\/\//i.test(image) ? image : path.join(data, image)));
    return { date, images: at as unknown as SarFiles['images'] };
  });
}

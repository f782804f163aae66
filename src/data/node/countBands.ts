import { DataError } from '../../errors/DataError.js';
import type { ChipRow, ChipRows } from '../ChipList.js';
import type { ChipLoaderOptions } from './createChipLoader.js';
import { readChipHeader } from './readChipHeader.js';

/**
 * How many bands the first chip has that can be read, all its rasters together, without alpha.
 *
 * @throws If it cannot be read, and bad chips are not left out, or none can.
 */
export async function countBands(
  rows: ChipRows,
  { dataPath, remote, onBadChip }: Pick<ChipLoaderOptions, 'dataPath' | 'remote' | 'onBadChip'>,
): Promise<number> {
  let failure: unknown;
  for (let index = 0; index < rows.length; index++) {
    const { images } = rows.at(index) as ChipRow;
    try {
      const headers = await Promise.all(images.map((image) => readChipHeader(image, { dataPath, remote })));
      return headers.reduce((sum, { bands, alphaBand }) => sum + bands - (alphaBand === null ? 0 : 1), 0);
    } catch (error) {
      failure ??= error;
      if (onBadChip !== 'skip') break;
    }
  }
  throw new DataError(`createChipLoader: ${(failure as Error).message}`, { cause: failure });
}

import path from 'node:path';
import type { PretrainConfig } from '../config/pretrainOptions.js';
import type { Teller } from '../run/RunListener.js';
import { buildSampleChips } from './buildSampleChips.js';

/** Where the sample chips are built, from the folder in which the trainer is started. */
const SAMPLE_FOLDER = path.join('data', 'blue-marble');

/** Where the chips of a configuration lie: those that it names, or the sample chips, which are built if need be. */
export async function locateChips(
  { data, catalog }: Pick<PretrainConfig, 'data' | 'catalog'>,
  teller: Pick<Teller, 'note'>,
  signal: AbortSignal | undefined,
): Promise<{ dataPath: string; catalogPath: string }> {
  if (data !== undefined && catalog !== undefined) return { dataPath: data, catalogPath: catalog };
  teller.note(`sample chips from NASA Blue Marble in ${SAMPLE_FOLDER} (built on the first run)`);
  const { dataPath, catalogPath } = await buildSampleChips(SAMPLE_FOLDER, {
    onWait: (text) => teller.note(text),
    signal,
  });
  return { dataPath, catalogPath };
}

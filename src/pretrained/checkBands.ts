import { DataError } from '../errors/DataError.js';
import type { ModelBand } from './ModelDescription.js';

/** What is known of the bands of chips. */
export interface ChipBands {
  /** How many there are. */
  count: number;
  /** Their names in order, where they are known. */
  names?: readonly (string | undefined)[];
  /** The chips, for messages. Default `'the chips'`. */
  what?: string;
}

/**
 * Throws unless chips have the bands that a network takes: as many, and in the same order, as far as both say which
 * they are. Names are compared without regard to case.
 *
 * @param bands Those of the network, as `fromPretrained` gives them.
 * @param chips Those of the chips.
 * @throws `DataError` that says which band is another.
 * @example
 * ```ts
 * import { checkBands } from 'diffusion-ssl/pretrained';
 *
 * checkBands([{ name: 'red' }, { name: 'nir' }], { count: 2, names: ['Red', 'NIR'] });
 * ```
 */
export function checkBands(bands: readonly ModelBand[], chips: ChipBands): void {
  const { count, names, what = 'the chips' } = chips;
  const list = (all: readonly (string | undefined)[]) =>
    all.map((name, i) => name ?? `band ${i + 1}`).join(', ');
  const own = bands.map(({ name }) => name);
  const known = own.some(Boolean) ? ` (${list(own)})` : '';
  if (count !== bands.length)
    throw new DataError(
      `checkBands: the network takes ${bands.length} bands${known}; ${what} have ${count}.`,
    );
  const other = own.findIndex((name, i) => {
    const given = names?.[i];
    return name !== undefined && given !== undefined && name.toLowerCase() !== given.toLowerCase();
  });
  if (other < 0) return;
  throw new DataError(
    `checkBands: band ${other + 1} of the network is ${own[other]}, that of ${what} ${names?.[other]}. ` +
      `Give ${list(own)} in this order; ${what} have ${list(names ?? [])}.`,
  );
}

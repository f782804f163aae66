import { type BandSelection, findBands, type RasterBands } from 'diffusion-ssl/data';
import { DataError } from 'diffusion-ssl/errors';
import type { ModelBand } from 'diffusion-ssl/pretrained';

/** The bands that a network gets, and what is known of them. */
export interface InputBands {
  /** What the loader is told; undefined: all. */
  selection: BandSelection | undefined;
  /** Their numbers, from 1 over all rasters of a chip. */
  numbers: number[];
  bands: ModelBand[];
}

/** The option's name in messages. */
export const INPUT_BANDS = '--input-bands (input_bands in a configuration file)';

/**
 * Finds the bands that an option names, by number or name, in a chip that stands for all. A name that the files give is
 * left to be found in each of them; one that the folder's `bands.json` alone gives is that of a place.
 *
 * @param headers Of the chip's rasters.
 * @param known What `bands.json` says of each band of the chip.
 * @param what The chip, for messages.
 * @throws `DataError` that lists the chip's bands if one is none of them, or none by a single name.
 */
export function inputBands(
  given: readonly string[] | undefined,
  headers: readonly RasterBands[],
  known: readonly ModelBand[],
  what: string,
): InputBands {
  const own = headers.flatMap(({ bands, bandNames }) =>
    Array.from({ length: bands }, (_, band) => bandNames?.[band] ?? undefined),
  );
  checkNames(own, known, what);
  const bandOf = (number: number): ModelBand => {
    const name = known[number - 1]?.name ?? own[number - 1];
    return { ...known[number - 1], ...(name !== undefined && { name }) };
  };
  const all = own.map((_, i) => i + 1);
  if (!given) return { selection: undefined, numbers: all, bands: all.map(bandOf) };
  const wanted = selectionOf(given);
  const isAskedFor = (name: string | undefined) => wanted.some((one) => isSame(one, name));
  const names = own.map((name, i) => (isAskedFor(name) ? name : bandOf(i + 1).name) ?? null);
  const isAlpha = headers.flatMap(({ bands, alphaBand }) =>
    Array.from({ length: bands }, (_, band) => band === alphaBand),
  );
  const chip = names.map((name, i) => ({ bands: 1, bandNames: [name], alphaBand: isAlpha[i] ? 0 : null }));
  const numbers = findBands(chip, wanted, `${INPUT_BANDS}, ${what}`);
  return {
    selection: wanted.map((one, i) => (isSame(one, own[numbers[i] - 1]) ? one : numbers[i])),
    numbers,
    bands: numbers.map(bandOf),
  };
}

/** Numbers and names as they are written. */
export function selectionOf(given: readonly string[]): (number | string)[] {
  return given.map((one) => (/^\d+$/.test(one) ? Number(one) : one));
}

function isSame(one: number | string, name: string | undefined): boolean {
  return typeof one === 'string' && one.trim().toLowerCase() === name?.toLowerCase();
}

/** Throws if `bands.json` gives a band the name that the file gives another one. */
function checkNames(own: readonly (string | undefined)[], known: readonly ModelBand[], what: string): void {
  known.forEach(({ name }, i) => {
    const other =
      name === undefined ? -1 : own.findIndex((given) => given?.toLowerCase() === name.toLowerCase());
    if (other < 0 || own[i]?.toLowerCase() === name?.toLowerCase()) return;
    throw new DataError(
      `${what}: band ${other + 1} is '${own[other]}', but bands.json says that band ${i + 1} is.`,
    );
  });
}

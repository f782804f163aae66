import { DataError } from '../errors/DataError.js';
import { argumentError } from '../internal/checks.js';
import type { GeoTiffInfo } from './geoTiffTypes.js';

/**
 * Bands in an order: each by its number, from 1 over all rasters of a chip, alpha counted, as GDAL and rasterio count
 * them, or by the name that its file gives it.
 */
export type BandSelection = readonly (number | string)[];

/** What the header of a raster says of its bands. */
export type RasterBands = Pick<GeoTiffInfo, 'bands' | 'bandNames' | 'alphaBand'>;

/** Bands that a message lists, at most. */
const SHOWN = 40;

/**
 * The numbers of chosen bands, from 1 over all rasters of a chip. A name is that of a band's description as it is, or,
 * where none is, without regard to case.
 *
 * @param rasters What the headers of the chip's rasters say, in order.
 * @param what The chip, for messages.
 * @throws If a number or name is no band's, a name is that of several bands, or a band is chosen twice: the message
 * lists the bands that are there.
 * @example
 * import { findBands } from 'diffusion-ssl/data';
 * const raster = { bands: 3, bandNames: ['blue', 'green', 'red'], alphaBand: null };
 * console.log(findBands([raster], ['red', 1])); // 3, 1
 */
export function findBands(
  rasters: readonly RasterBands[],
  selection: BandSelection,
  what = 'the chip',
): number[] {
  checkSelection('findBands', selection);
  const names = rasters.flatMap(({ bands, bandNames }) =>
    Array.from({ length: bands }, (_, band) => bandNames?.[band] ?? undefined),
  );
  const refuse = (problem: string): never => {
    throw new DataError(`${what}: ${problem}; it has ${listOf(rasters, names)}.`);
  };
  const numbers = selection.map((one) => {
    if (typeof one === 'number') return one <= names.length ? one : refuse(`there is no band ${one}`);
    const wanted = one.trim();
    const matching = (test: (name: string) => boolean) =>
      names.flatMap((name, i) => (name !== undefined && test(name) ? [i + 1] : []));
    const exact = matching((name) => name === wanted);
    const found = exact.length > 0 ? exact : matching((name) => name.toLowerCase() === wanted.toLowerCase());
    if (found.length === 0) return refuse(`no band is named '${one}'`);
    if (found.length > 1) return refuse(`'${one}' is the name of the bands ${found.join(', ')}`);
    return found[0];
  });
  const twice = numbers.findIndex((number, i) => numbers.indexOf(number) !== i);
  if (twice >= 0) refuse(`band ${numbers[twice]} is chosen twice`);
  return numbers;
}

/** Throws unless a selection may be one of bands, of `channels` where that is given. */
export function checkSelection(caller: string, selection: BandSelection, channels?: number): void {
  if (selection.length === 0) throw argumentError(`${caller}: bands`, [], 'a list of at least one band');
  const isBand = (one: unknown) =>
    typeof one === 'string' ? one.trim() !== '' : Number.isSafeInteger(one) && (one as number) >= 1;
  const wrong = selection.findIndex((one) => !isBand(one));
  const accepted = 'a number from 1 on, as GDAL counts bands, or the name of a band';
  if (wrong >= 0) throw argumentError(`${caller}: bands[${wrong}]`, selection[wrong], accepted);
  const twice = selection.findIndex((one, i) => selection.indexOf(one) !== i);
  if (twice >= 0)
    throw argumentError(`${caller}: bands[${twice}]`, selection[twice], 'another band than the others');
  if (channels !== undefined && selection.length !== channels)
    throw argumentError(`${caller}: channels`, channels, `${selection.length}, the number of bands chosen`);
}

function listOf(rasters: readonly RasterBands[], names: readonly (string | undefined)[]): string {
  const alphas = rasters.flatMap(({ bands, alphaBand }) =>
    Array.from({ length: bands }, (_, band) => band === alphaBand),
  );
  const listed = names.slice(0, SHOWN).map((name, i) => {
    const text = name === undefined ? `${i + 1}` : `${i + 1} '${name}'`;
    return alphas[i] ? `${text} (alpha)` : text;
  });
  const others = names.length > SHOWN ? `, …, ${names.length}` : '';
  return `${names.length === 1 ? 'the band' : 'the bands'} ${listed.join(', ')}${others}`;
}

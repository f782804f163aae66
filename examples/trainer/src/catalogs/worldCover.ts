import { DataError } from 'diffusion-ssl/errors';

/** The classes of ESA WorldCover by the values of its maps (Product User Manual 2.0). */
const CLASSES = new Map([
  [10, 'tree cover'],
  [20, 'shrubland'],
  [30, 'grassland'],
  [40, 'cropland'],
  [50, 'built-up'],
  [60, 'bare and sparse vegetation'],
  [70, 'snow and ice'],
  [80, 'permanent water bodies'],
  [90, 'herbaceous wetland'],
  [95, 'mangroves'],
  [100, 'moss and lichen'],
]);

/** Names of the classes in the order of their numbers. */
export const WORLD_COVER = [...CLASSES.values()];
/** What is no class. */
export const NO_COVER = 255;

const NUMBERS = new Map([
  ...[...CLASSES.keys()].map((value, number) => [value, number] as const),
  [0, NO_COVER],
]);

/**
 * The numbers of the classes at the pixels of a map, from 0; {@link NO_COVER} where it has no data (0).
 *
 * @throws {DataError} If a value is no class.
 */
export function coverNumbers(values: ArrayLike<number>, where: string): Uint8Array {
  return Uint8Array.from(values, (value) => {
    const number = NUMBERS.get(value);
    if (number === undefined) {
      const known = [...CLASSES.keys()].join(', ');
      throw new DataError(
        `${where}: ${value} is no class of WorldCover; these are ${known}, and 0 for no data.`,
      );
    }
    return number;
  });
}

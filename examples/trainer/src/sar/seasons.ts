/** A season by its months, as climatology names it; which of them is summer depends on the hemisphere. */
export type Season = 'DJF' | 'MAM' | 'JJA' | 'SON';

/** The seasons in the order of their bands. */
export const SEASONS: readonly Season[] = ['DJF', 'MAM', 'JJA', 'SON'];

/** The season of a date such as `2017-06-13`. */
export function seasonOf(date: string): Season {
  const month = Number(date.slice(5, 7));
  return SEASONS[Math.floor((month % 12) / 3)];
}

import type { DatasetInfo } from '../shared/types.js';

/** The choices of bands to be shown, of which one may be wanted besides: three as red, green and blue, or one. */
export function bandOptions(
  { bands, bandNames }: Pick<DatasetInfo, 'bands' | 'bandNames'>,
  wanted: readonly number[] = [],
): HTMLOptionElement[] {
  const colours: [bands: number[], note: string][] = [];
  if (bands >= 3) colours.push([[0, 1, 2], '']);
  // Most satellites count from blue; the fourth band is often the near infrared.
  if (bands >= 3) colours.push([[2, 1, 0], '']);
  if (bands >= 4) colours.push([[3, 0, 1], ' (false colour)'], [[3, 2, 1], ' (false colour)']);
  const known = colours.some(([shown]) => String(shown) === String(wanted));
  if (wanted.length === 3 && !known) colours.push([[...wanted], ' (as in the run)']);
  return [
    ...colours.map(
      ([shown, note]) => new Option(shown.map((band) => bandNames[band]).join(', ') + note, String(shown)),
    ),
    ...bandNames.map((name, i) => new Option(`${name} (grey)`, String(i))),
  ];
}

/** The bands that a choice stands for. */
export const bandsOf = (value: string): number[] => value.split(',').map(Number);

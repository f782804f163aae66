import type { DatasetInfo } from '../shared/types.js';

/** Which values of the bands shown are black and at full brightness, in their units. */
export function describeBands({ bandNames, ranges }: DatasetInfo, bands: readonly number[]): string {
  const parts = bands.map((band) => {
    const [black, white] = ranges[band].map(rounded);
    return `${bandNames[band]} ${black} to ${white}`;
  });
  return `Black to bright: ${parts.join(', ')}.`;
}

const rounded = (value: number) => String(Number(value.toPrecision(3))).replace('-', '−');

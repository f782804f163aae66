import { argumentError, checkInteger } from '../internal/checks.js';

/** Options of {@link majorityByRegion}. */
export interface MajorityByRegionOptions {
  /** Label that stands for nothing: a region gets it where it has no other. Default 0. */
  nothing?: number;
}

/**
 * The label that most pixels of each region have, such as the grade of damage of each building: whichever is the lower
 * of those that are as frequent. Pixels without a label do not count.
 *
 * @param regions Number of the region of each pixel, from 1; 0 for none.
 * @param labels Label of each pixel, integers of at least 0.
 * @returns A label a region, of region 1 first, up to the largest number.
 * @throws If the lengths differ, or a value is no integer of at least 0.
 * @example
 * ```ts
 * import { majorityByRegion } from 'diffusion-ssl/metrics';
 *
 * console.log(majorityByRegion([1, 1, 1, 0, 2, 2], [3, 4, 4, 1, 0, 2])); // 4, 2
 * ```
 */
export function majorityByRegion(
  regions: ArrayLike<number>,
  labels: ArrayLike<number>,
  { nothing = 0 }: MajorityByRegionOptions = {},
): Int32Array {
  const name = 'majorityByRegion';
  if (labels.length !== regions.length)
    throw argumentError(`${name}: labels.length`, labels.length, `${regions.length} as regions'`);
  const counts: Map<number, number>[] = [];
  for (let i = 0; i < regions.length; i++) {
    checkInteger(`${name}: regions[${i}]`, regions[i], 0);
    checkInteger(`${name}: labels[${i}]`, labels[i], 0);
    if (regions[i] === 0) continue;
    while (counts.length < regions[i]) counts.push(new Map());
    const own = counts[regions[i] - 1];
    if (labels[i] !== nothing) own.set(labels[i], (own.get(labels[i]) ?? 0) + 1);
  }
  return Int32Array.from(counts, (own) => {
    const [best] = [...own].sort(([a, n], [b, m]) => m - n || a - b);
    return best?.[0] ?? nothing;
  });
}

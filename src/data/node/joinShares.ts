import type { PixelWindow } from '../geoTiffTypes.js';
import type { ChipTaskResult } from './chipTasks.js';

/** What one runner has made of its chips. */
export interface Share {
  chips: number[];
  result: ChipTaskResult;
}

/** Where the chips of some runners' results lie, in the order of `indices`. */
export function windowsInOrder(results: readonly Share[], indices: readonly number[]): PixelWindow[] {
  const windows = new Map(
    results.flatMap(({ chips, result }) => chips.map((index, i) => [index, result.windows?.[i]] as const)),
  );
  return indices.map((index) => windows.get(index) as PixelWindow);
}

/** The chips of some runners' results, in the order of `indices`. */
export function chipsInOrder(
  results: readonly Share[],
  indices: readonly number[],
  chipLength: number,
): Float32Array<ArrayBuffer> {
  const [{ chips, result }] = results;
  // One runner has had them all in this order.
  if (results.length === 1 && chips.length === indices.length) return result.images;
  const images = new Float32Array(indices.length * chipLength);
  for (const { chips: share, result: part } of results) {
    share.forEach((index, i) => {
      const to = indices.indexOf(index);
      if (to >= 0) images.set(part.images.subarray(i * chipLength, (i + 1) * chipLength), to * chipLength);
    });
  }
  return images;
}

import type { RunBatch, RunLoader } from '../conditions/ConditionedLoader.js';

/** Some chips of a batch. */
export type ShownChips = Pick<RunBatch, 'images' | 'shape' | 'rows' | 'told'>;

/** Real chips that are kept to be shown and to compare samples with, at most. */
const KEPT_CHIPS = 16;

/** The chips that pictures show: the first of a loader's, with nothing else kept of their batch. */
export async function shownChips(loader: RunLoader): Promise<ShownChips> {
  const { value } = await loader.epoch(0).next();
  return firstChips(value as RunBatch, KEPT_CHIPS);
}

/** The first of some chips, or all where they are fewer. */
export function firstChips({ images, shape, rows, told }: ShownChips, most: number): ShownChips {
  const count = Math.min(most, shape[0]);
  const some = (values: Float32Array) => values.slice(0, (values.length / shape[0]) * count);
  return {
    images: some(images) as ShownChips['images'],
    shape: [count, shape[1], shape[2], shape[3]],
    rows: rows.slice(0, count),
    ...(told && { told: { ...told, values: some(told.values) } }),
  };
}

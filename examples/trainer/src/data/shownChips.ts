import type { ChipBatch, ChipLoader } from 'diffusion-ssl/data/node';

/** Some chips of a batch. */
export type ShownChips = Pick<ChipBatch, 'images' | 'shape'>;

/** Real chips that are kept to be shown and to compare samples with, at most. */
const KEPT_CHIPS = 16;

/** The chips that pictures show: the first of a loader's, with nothing else kept of their batch. */
export async function shownChips(loader: ChipLoader): Promise<ShownChips> {
  const { value } = await loader.epoch(0).next();
  const { images, shape } = value as ChipBatch;
  const count = Math.min(KEPT_CHIPS, shape[0]);
  return {
    images: images.slice(0, (images.length / shape[0]) * count),
    shape: [count, shape[1], shape[2], shape[3]],
  };
}

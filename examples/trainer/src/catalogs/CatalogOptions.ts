import type { OnMissing } from './Catalog.js';

/** How a catalog is made of a folder. */
export interface CatalogOptions {
  folder: string;
  /** Share of each split, where the data set has none of its own. */
  shares: ReadonlyMap<string, number>;
  /** Side of a block that goes to one split, in kilometres. */
  block: number;
  seed: number;
  onMissing: OnMissing;
  /** Hears how many of all chips are done. */
  onProgress(done: number, total: number): void;
  signal?: AbortSignal;
}

import type { Raster } from 'diffusion-ssl/normalization';
import type { ModelBand } from 'diffusion-ssl/pretrained';
import type { ImageSet, SetDistances } from './compareSets.js';
import type { NearestChip } from './nearestChips.js';
import type { MeasuredChips } from './openRunChips.js';

/** The samples of a checkpoint from one seed. */
export interface MeasuredSeed {
  seed: number;
  distances: SetDistances;
  /** The training chip nearest to each sample. */
  nearest: NearestChip[];
}

/** A checkpoint and its samples. */
export interface MeasuredCheckpoint {
  /** As the file is called, without its end. */
  name: string;
  epoch: number;
  /** Optimizer steps. */
  step: number;
  validationLoss: number | undefined;
  seeds: MeasuredSeed[];
  /** Samples of the first seed. */
  samples: ImageSet;
}

/** All that was measured of a run. */
export interface Measured {
  run: string;
  /** What sets are compared by, in words. */
  features: string;
  /** How samples were drawn, in words. */
  drawing: string;
  usage: string;
  bands: readonly ModelBand[];
  /** Held-out chips, which all is compared with. */
  held: ImageSet & { nearest: NearestChip[] };
  /** The same chips, with what the network is told of them. */
  heldChips: MeasuredChips;
  /** What samples stand between: sets of as many images, by name. */
  between: { name: string; distances: SetDistances; set: ImageSet; isFloor: boolean }[];
  /** In the order of their steps. */
  checkpoints: MeasuredCheckpoint[];
  /** Training chips that neighbours are looked for among, and of how many these are. */
  train: { images: readonly Raster[]; names: string[] };
}

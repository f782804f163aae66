import type { BetaScheduleType } from '../diffusion/makeBetaSchedule.js';
import type { PredictionType } from '../diffusion/predictionType.js';
import type { MetadataField } from '../normalization/encodeMetadata.js';
import type { NormalizationOptions } from '../normalization/normalizeRaster.js';

/** A band that a network takes, as far as it is known. */
export interface ModelBand {
  /** `'red'`, `'B04'`, … */
  name?: string;
  /** Of its values before normalisation: `'reflectance × 10000'`, `'m'`, … */
  unit?: string;
  /** Of its centre, in micrometres. */
  wavelength?: number;
}

/** The diffusion that a network was trained for: what `makeBetaSchedule` and the samplers take. */
export interface ModelDiffusion {
  schedule: BetaScheduleType;
  timesteps: number;
  betaStart?: number;
  betaEnd?: number;
  /** Whether `rescaleZeroTerminalSnr` was applied. Default false. */
  zeroTerminalSnr?: boolean;
  predictionType: PredictionType;
}

/** A class that a network was fine-tuned to tell from others. */
export interface ModelClass {
  name: string;
  /** What it is shown in, as `#rrggbb`. */
  colour?: string;
}

/** Bands of one kind, such as those of one sensor. */
export interface ModelModality {
  name: string;
  /** Which of the image's, from 0. */
  bands: readonly number[];
}

/**
 * What a network was trained to be told besides an image, under the name of its column in the catalog: one of some
 * classes (the index after the last stands for none), a number as `encodeMetadata` takes it (NaN stands for none), or
 * an image of the same place, or the image itself with gaps to fill: its values, 0 in gaps, then a band that is 1 where
 * they are known; or the modalities of the image that are given: its values, 0 in what is not, then a band for each
 * modality that is 1 where it is given. Zeros stand for none. The numbers are the network's `metadata`, in their order;
 * the images' bands stand behind those of the noisy image, in theirs.
 */
export type ModelCondition =
  | { kind: 'class'; name: string; classes: readonly string[] }
  | ({ kind: 'number' } & MetadataField)
  | {
      kind: 'image';
      name: string;
      bands: number;
      /** How it is scaled, as the description's own `normalization`. */
      normalization?: NormalizationOptions | null;
    }
  | { kind: 'fill'; name: string; bands: number }
  | { kind: 'given'; name: string; bands: number; modalities: readonly ModelModality[] };

/** What `diffusion_ssl.json` says of a network besides its architecture; what is missing is not known. */
export interface ModelDescription {
  /** The bands that it takes, in their order. */
  bands: readonly ModelBand[];
  diffusion?: ModelDiffusion;
  /**
   * How chips are scaled for it, with the statistics (`globalStats`) of the chips that it was trained on: for
   * `normalizeRaster` and the chip loader as it is. Null: they are taken as they are.
   */
  normalization?: NormalizationOptions | null;
  /** Height and width of the chips that it was trained on, in pixels. */
  size?: readonly [height: number, width: number];
  /** Of a network that was fine-tuned with a head, in the order of the head's outputs. */
  classes?: readonly ModelClass[];
  /** What it was trained to be told besides; a class at most once. Default: nothing. */
  conditions?: readonly ModelCondition[];
}

import type { BetaScheduleType } from '../diffusion/makeBetaSchedule.js';
import type { PredictionType } from '../diffusion/predictionType.js';
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
}

import type { PredictWindow } from 'diffusion-ssl/maps';
import type { Raster } from 'diffusion-ssl/normalization';
import type { HeadFile } from '../heads/HeadFile.js';
import type { OpenModel } from '../model/openModel.js';

/** A network with a head, ready to say what is in images. */
export interface Predictor {
  file: HeadFile;
  model: OpenModel;
  /** What sides of windows must be a multiple of. */
  stride: number;
  /** Says it of each pixel of a window: of segmentation, and of change, whose windows hold the bands of both dates. */
  window: PredictWindow;
  /** Says it of a whole image, in its own units: a probability a class. Of scenes and groups. */
  whole(image: Raster): Promise<Float32Array>;
  dispose(): void;
}

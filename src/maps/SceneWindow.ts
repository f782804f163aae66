import type { GeoTiff, GeoTiffInfo, PixelWindow } from '../data/geoTiffTypes.js';
import type { Raster } from '../internal/raster.js';

/** A scene that is read window by window: what `openRaster` or `openRemoteGeoTiff` gives. */
export interface SceneSource {
  /** Size, bands and place of the scene. */
  info: GeoTiffInfo;
  /** The pixels of a window, all bands. */
  read(part: PixelWindow): Promise<GeoTiff>;
}

/** A window of a scene, as a predictor is given it. */
export interface SceneWindow {
  /** Its values; NaN where they are missing, mirrored where the window reaches beyond the scene. */
  raster: Raster;
  /** Row of its top left pixel in the scene: what noise goes by. */
  top: number;
  left: number;
}

/** What a predictor says of a window, row-major. */
export interface WindowPrediction {
  /** [height, width, classes]. */
  probabilities: Float32Array;
  /** [height, width], from 0. Default: the entropy of the probabilities as a part of the largest. */
  uncertainty?: Float32Array;
}

/** Predicts a window: a network, a head over features, a formula. */
export interface PredictWindow {
  (window: SceneWindow): Promise<WindowPrediction> | WindowPrediction;
  /** For several windows of one size together, which a network predicts sooner than one after the other. */
  readonly batch?: {
    /** Pixels that all of them have at most. */
    pixels: number;
    /** Their predictions, in their order. */
    predict(windows: readonly SceneWindow[]): Promise<WindowPrediction[]> | WindowPrediction[];
  };
}

/** Where the bytes of a map go, one after the other: a file (`mapFile`), or a page's memory (`MemorySink`). */
export interface MapSink {
  /** Takes the next bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** All is written. */
  close(): Promise<void>;
  /** It will not be: what was written is of no use. */
  abort(): Promise<void>;
}

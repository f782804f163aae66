import type { NamedFile, RunSettings } from './types.js';

/** Where a scene comes from: the page's own, files, or the chips of the first room. */
export type SceneChoice =
  | { kind: 'sample'; url: string }
  | { kind: 'files'; files: File[] }
  | { kind: 'chips' };

/** One image of a scene, and where it lies on the sheet that is shown. */
export interface SceneImageInfo {
  name: string;
  /** As in its file. */
  fileWidth: number;
  fileHeight: number;
  /** So many pixels of the file, across and down, became one. */
  coarser: number;
  /** As it was read. */
  width: number;
  height: number;
  top: number;
  left: number;
}

/** What is labelled and mapped: an image, or several of the same bands, laid out on a sheet. */
export interface SceneInfo {
  name: string;
  images: SceneImageInfo[];
  /** Of the sheet, in pixels. */
  width: number;
  height: number;
  bands: number;
  bandNames: string[];
  /** How the places of points are said in a file. */
  places: 'lonlat' | 'crs' | 'pixels';
  /** Files that could not be used, each with the reason. */
  problems: string[];
}

/** A sheet as one sees it: red, green, blue and opacity by pixel. */
export interface ScenePicture {
  width: number;
  height: number;
  rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** A network to take features of. The settings are those of the page, for what a checkpoint does not say. */
export type ModelChoice =
  | { kind: 'sample'; url: string }
  | { kind: 'run' }
  | { kind: 'saved'; name: string; settings: RunSettings }
  | { kind: 'files'; files: File[]; settings: RunSettings };

/** The network that was opened. */
export interface MapModelInfo {
  name: string;
  parameters: number;
  /** What it does not say, in words. */
  remarks: string[];
}

/** How features are taken. */
export interface FeatureSettings {
  /** Timestep that the network is told. */
  timestep: number;
  /** Whether the scene gets the noise of that timestep. */
  noise: boolean;
}

/** What taking the features will take. */
export interface MapPlan {
  windows: number;
  /** Height and width of each. */
  windowSize: [height: number, width: number];
  /** Features of a pixel. */
  channels: number;
  /** Bytes of the features that stay, and of a window's pass besides. */
  keptBytes: number;
  passBytes: number;
}

/** A class as the visitor has it. */
export interface MapClass {
  name: string;
  /** As in `#1f77b4`. */
  colour: string;
}

/** A place on the sheet, in whole pixels, and the number of its class. */
export interface LabelledPoint {
  x: number;
  y: number;
  label: number;
}

/** What a head that was fitted to points says of the sheet's pixels. */
export interface PaintedMap {
  /** The most probable class of each pixel; 255 where there is none. */
  classes: Uint8Array;
  /** From 0, sure, to 255: the entropy of the probabilities as a part of the largest. */
  uncertainty: Uint8Array;
  fitMs: number;
  mapMs: number;
}

/** Which part of the map is saved. */
export type MapPart = 'classes' | 'probabilities' | 'uncertainty';

/** Points and their classes. */
export interface Labels {
  classes: MapClass[];
  points: LabelledPoint[];
}

/** Points of a file, put on the sheet. */
export interface ReadLabels extends Labels {
  /** What of the file is not on the sheet, in words. */
  remarks: string[];
}

/** Files to be saved, and what is to be known of them. */
export interface SavedFiles {
  files: NamedFile[];
  remark?: string;
}

/** How far the features are. */
export interface FeatureProgress {
  done: number;
  total: number;
}

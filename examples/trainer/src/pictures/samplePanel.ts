import { imageGrid } from './imageGrid.js';
import { type PanelImage, toRgb, type ValueRange } from './toRgb.js';

/** One row of a sample panel. */
export interface PanelSample {
  /** The clean chip. */
  x0: PanelImage;
  /** The chip with noise added. */
  xT: PanelImage;
  predictedNoise: PanelImage;
  /** The clean chip as it follows from `xT` and `predictedNoise`. */
  reconstruction: PanelImage;
  /** 0-based timestep. */
  t: number;
  /** A second line beside the row, such as the sample's error. */
  note?: string;
}

/** Options of `samplePanel` and `samplingGrid`. */
export interface DisplayOptions {
  title: string;
  /** Bands shown as red, green and blue, or one band for grey. Default `[0, 1, 2]`. */
  bands?: readonly number[];
  /** Values of clean images shown as black and white. Default `[0, 1]`. */
  imageRange?: ValueRange;
}

/** Noise, and images with noise, are shown from minus this to plus this: 99.7 % of a standard normal. */
const noiseLimit = 3;

/** The panel x₀, xₜ, predicted noise, reconstruction of several samples, one a row, as a PNG file. */
export async function samplePanel(
  samples: readonly PanelSample[],
  options: DisplayOptions & {
    /** A sentence about the whole panel. */
    note?: string;
  },
): Promise<Uint8Array> {
  const { title, bands = [0, 1, 2], imageRange = [0, 1], note = '' } = options;
  const noiseRange: ValueRange = [-noiseLimit, noiseLimit];
  return imageGrid({
    title,
    rows: samples.map(({ x0, xT, predictedNoise, reconstruction }) => [
      toRgb(x0, bands, imageRange),
      toRgb(xT, bands, noiseRange),
      toRgb(predictedNoise, bands, noiseRange),
      toRgb(reconstruction, bands, imageRange),
    ]),
    columnLabels: [
      ['x₀', describeRange(imageRange)],
      ['xₜ', describeRange(noiseRange)],
      ['predicted noise', describeRange(noiseRange)],
      ['reconstruction', describeRange(imageRange)],
    ],
    rowLabels: samples.map(({ t, note }) => (note ? `t = ${t}\n${note}` : `t = ${t}`)),
    caption: `${describeBands(bands, samples[0]?.x0.channels ?? 0)} ${note}`.trimEnd(),
  });
}

/** For example `0 to 1`: the values from black to white. */
export function describeRange([black, white]: ValueRange): string {
  return `${black} to ${white}`.replaceAll('-', '−');
}

/** Which bands a picture shows, counted from 0. */
export function describeBands(bands: readonly number[], channels: number): string {
  if (bands.length === 3 && bands.every((band) => band < channels)) {
    return `Bands ${bands.join(', ')} as red, green, blue.`;
  }
  return `Band ${bands[0] < channels ? bands[0] : 0} as grey.`;
}

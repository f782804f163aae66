import { imageGrid } from './imageGrid.js';
import { type DisplayOptions, describeBands, describeRange } from './samplePanel.js';
import { emptyLike, type PanelImage, toRgb, type ValueRange } from './toRgb.js';

/** What the sampler held at one moment. */
export interface SamplingColumn {
  /** 0-based timestep of the images, or text such as `'result'`. */
  t: number | string;
  /** One image a sample, in the same order in every column. */
  images: readonly PanelImage[];
}

/** Options of {@link samplingGrid}. */
export interface SamplingGridOptions extends DisplayOptions {
  /** Bands of the last column that are shown on its right in grey, each in its range. */
  greyBands?: readonly { band: number; range: ValueRange }[];
  /** Real images, shown as a last column; rows beyond them stay empty. */
  chips?: readonly PanelImage[];
}

/**
 * How samples form: one row a sample, one column a moment of the reverse process, as a PNG file. Every column is
 * shown in `imageRange`, so that noise lies mostly outside it and fades as the image appears.
 */
export async function samplingGrid(
  columns: readonly SamplingColumn[],
  options: SamplingGridOptions,
): Promise<Uint8Array> {
  const { title, bands = [0, 1, 2], imageRange = [0, 1], greyBands = [], chips = [] } = options;
  const samples = columns[0]?.images ?? [];
  const results = columns.at(-1)?.images ?? [];
  return imageGrid({
    title,
    rows: samples.map((_, row) => [
      ...columns.flatMap(({ images }) => (images[row] ? [toRgb(images[row], bands, imageRange)] : [])),
      ...greyBands.flatMap(({ band, range }) => (results[row] ? [toRgb(results[row], [band], range)] : [])),
      ...(chips.length > 0 ? [chips[row] ? toRgb(chips[row], bands, imageRange) : emptyLike(chips[0])] : []),
    ]),
    columnLabels: [
      ...columns.map(({ t }): [string, string] => [typeof t === 'number' ? `t = ${t}` : t, '']),
      ...greyBands.map(({ band, range }): [string, string] => [`band ${band}`, describeRange(range)]),
      ...(chips.length > 0 ? ([['real chips', '']] satisfies [string, string][]) : []),
    ],
    rowLabels: samples.map((_, row) => `sample ${row + 1}`),
    caption: `${describeBands(bands, samples[0]?.channels ?? 0)} Values ${describeRange(imageRange)}.`,
    minimumSize: 112,
  });
}

import { imageGrid } from './imageGrid.js';
import { type DisplayOptions, describeBands, describeRange } from './samplePanel.js';
import { type PanelImage, toRgb } from './toRgb.js';

/** What the sampler held at one moment. */
export interface SamplingColumn {
  /** 0-based timestep of the images, or text such as `'result'`. */
  t: number | string;
  /** One image a sample, in the same order in every column. */
  images: readonly PanelImage[];
}

/**
 * How samples form: one row a sample, one column a moment of the reverse process, as a PNG file. Every column is
 * shown in `imageRange`, so that noise lies mostly outside it and fades as the image appears.
 */
export async function samplingGrid(
  columns: readonly SamplingColumn[],
  options: DisplayOptions,
): Promise<Uint8Array> {
  const { title, bands = [0, 1, 2], imageRange = [0, 1] } = options;
  const samples = columns[0]?.images ?? [];
  return imageGrid({
    title,
    rows: samples.map((_, row) =>
      columns.flatMap(({ images }) => (images[row] ? [toRgb(images[row], bands, imageRange)] : [])),
    ),
    columnLabels: columns.map(({ t }) => [typeof t === 'number' ? `t = ${t}` : t, '']),
    rowLabels: samples.map((_, row) => `sample ${row + 1}`),
    caption: `${describeBands(bands, samples[0]?.channels ?? 0)} Values ${describeRange(imageRange)}.`,
    minimumSize: 112,
  });
}

import type { OpenModel } from '../model/openModel.js';
import { imageGrid } from './imageGrid.js';
import { describeBands, describeRange } from './samplePanel.js';
import { emptyLike, type PanelImage, toRgb } from './toRgb.js';

/** Images of a model side by side, as a PNG file. */
export async function imageMosaic(
  images: readonly PanelImage[],
  { display, shownBands }: Pick<OpenModel, 'display' | 'shownBands'>,
  title: string,
): Promise<Uint8Array> {
  const range = display.rangeOf(shownBands);
  const columns = Math.ceil(Math.sqrt(images.length));
  const rows = Array.from({ length: Math.ceil(images.length / columns) }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      const image = images[row * columns + column];
      return image ? toRgb(image, shownBands, range) : emptyLike(images[0]);
    }),
  );
  return imageGrid({
    title,
    rows,
    columnLabels: rows[0].map(() => ['', '']),
    rowLabels: rows.map((_, row) => String(row * columns)),
    caption: `${describeBands(shownBands, images[0].channels)} Values ${describeRange(range)}.`,
  });
}

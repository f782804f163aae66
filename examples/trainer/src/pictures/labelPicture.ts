import { type ModelClass, rgbOf } from '../heads/ModelClass.js';
import type { OpenModel } from '../model/openModel.js';
import { imageGrid } from './imageGrid.js';
import { describeBands } from './samplePanel.js';
import { type PanelImage, type RgbImage, toRgb } from './toRgb.js';

/** A chip with what is known and what is said of its pixels. */
export interface LabelledPicture {
  name: string;
  /** As the network sees it: one date, or two. */
  images: readonly PanelImage[];
  labels: ArrayLike<number>;
  prediction: ArrayLike<number>;
}

/** What is no class. */
const NOTHING = [232, 232, 232] as const;

/** Chips beside their labels and predictions, in the colours of the classes, as a PNG file. */
export async function labelPicture(
  chips: readonly LabelledPicture[],
  { display, shownBands, bands }: Pick<OpenModel, 'display' | 'shownBands' | 'bands'>,
  { classes, title }: { classes: readonly ModelClass[]; title: string },
): Promise<Uint8Array> {
  const range = display.rangeOf(shownBands);
  const dates = chips[0].images.length;
  return imageGrid({
    title,
    rows: chips.map(({ images, labels, prediction }) => [
      ...images.map((image) => toRgb(display.inUnits(finite(image)), shownBands, range)),
      classImage(labels, images[0], classes),
      classImage(prediction, images[0], classes),
    ]),
    columnLabels: [
      ...(dates === 1 ? ['chip'] : ['before', 'after']).map((name) => [name, ''] as const),
      ['labels', ''],
      ['prediction', ''],
    ],
    rowLabels: chips.map(({ name }) => shortened(name)),
    caption: `${describeBands(shownBands, bands.length)} Grey where there is no label.`,
    legend: classes,
  });
}

/** Labels in the colours of their classes. */
export function classImage(
  labels: ArrayLike<number>,
  { height, width }: { height: number; width: number },
  classes: readonly ModelClass[],
): RgbImage {
  const colours = classes.map(({ colour }) => rgbOf(colour));
  const data = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i++) data.set(colours[labels[i]] ?? NOTHING, 3 * i);
  return { height, width, data };
}

function finite(image: PanelImage) {
  return { ...image, data: Float32Array.from(image.data) };
}

/** The end of a path, no longer than a row's text may be. */
function shortened(name: string): string {
  const last = name.split('/').at(-1)!;
  return last.length > 16 ? `…${last.slice(-15)}` : last;
}

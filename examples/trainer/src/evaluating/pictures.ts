import type { Raster } from 'diffusion-ssl/normalization';
import type { OpenModel } from '../model/openModel.js';
import { imageGrid } from '../pictures/imageGrid.js';
import { describeBands, describeRange } from '../pictures/samplePanel.js';
import { toRgb } from '../pictures/toRgb.js';
import type { Measured } from './Measured.js';
import { mirrored, type NearestChip } from './nearestChips.js';

type Shown = Pick<OpenModel, 'display' | 'shownBands'>;

const SAMPLES_SHOWN = 8;
const NEIGHBOURS_SHOWN = 10;

/** The same samples after each checkpoint, and held-out chips below, as a PNG file. */
export function samplesPicture({ checkpoints, held }: Measured, model: Shown): Promise<Uint8Array> {
  const columns = Math.min(SAMPLES_SHOWN, held.images.length, checkpoints[0].samples.images.length);
  const picture = pictureOf(model);
  const rows = [...checkpoints.map(({ samples }) => samples.images), held.images];
  return imageGrid({
    title: 'Samples of the same noise over training',
    rows: rows.map((images) => images.slice(0, columns).map(picture)),
    columnLabels: Array.from({ length: columns }, () => ['', ''] as const),
    rowLabels: [...checkpoints.map(({ name, step }) => `${name}\nstep ${step}`), 'held-out\nchips'],
    caption: captionOf(model, held.images[0].channels),
    minimumSize: 112,
  });
}

/**
 * Samples of the last checkpoint beside their nearest training chips, as a PNG file: those that come nearest to one,
 * and the held-out chips that do.
 */
export function neighboursPicture({ checkpoints, held, train }: Measured, model: Shown): Promise<Uint8Array> {
  const { name, samples, seeds } = checkpoints.at(-1)!;
  const [own, others] = [inOrder(seeds[0].nearest), inOrder(held.nearest)];
  const count = Math.min(NEIGHBOURS_SHOWN, own.length, others.length);
  const picture = pictureOf(model);
  const pair = (images: readonly Raster[], { at, nearest }: ReturnType<typeof inOrder>[number]) => [
    picture(images[at]),
    picture(mirrored(train.images[nearest.chip], nearest.flip)),
  ];
  const numbers = ({ distance, ratio }: NearestChip) => `${distance.toFixed(2)}, ${ratio.toFixed(2)}`;
  return imageGrid({
    title: `Samples of ${name} that come nearest to training chips`,
    rows: Array.from({ length: count }, (_, i) => [
      ...pair(samples.images, own[i]),
      ...pair(held.images, others[i]),
    ]),
    columnLabels: [
      ['sample', ''],
      ['nearest training chip', ''],
      ['held-out chip', ''],
      ['nearest training chip', ''],
    ],
    rowLabels: Array.from({ length: count }, (_, i) => {
      return `sample ${own[i].at}: ${numbers(own[i].nearest)}\nheld-out ${others[i].at}: ${numbers(others[i].nearest)}`;
    }),
    caption: `${captionOf(model, held.images[0].channels)} Distance, and as a part of the mean to the nearest 50.`,
  });
}

function inOrder(nearest: readonly NearestChip[]): { at: number; nearest: NearestChip }[] {
  return nearest.map((nearest, at) => ({ at, nearest })).sort((a, b) => a.nearest.ratio - b.nearest.ratio);
}

function pictureOf({ display, shownBands }: Shown) {
  const range = display.rangeOf(shownBands);
  return (image: Raster) => toRgb(display.inUnits(image), shownBands, range);
}

function captionOf({ display, shownBands }: Shown, channels: number): string {
  return `${describeBands(shownBands, channels)} Values ${describeRange(display.rangeOf(shownBands))}.`;
}

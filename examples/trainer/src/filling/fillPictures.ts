import type { Raster } from 'diffusion-ssl/normalization';
import { imageGrid } from '../pictures/imageGrid.js';
import { describeBands, describeRange } from '../pictures/samplePanel.js';
import { toRgb, type ValueRange } from '../pictures/toRgb.js';
import type { FillReport } from './measureFilling.js';

/** A picture of what is known, what is filled in, and how far the fillings lie apart. */
export function fillPicture(
  title: string,
  { known, mean, spread }: Record<'known' | 'mean' | 'spread', Raster>,
  bands: readonly number[],
): Promise<Uint8Array> {
  const range = rangeOf([known], bands);
  return imageGrid({
    title,
    rows: [[toRgb(known, bands, range), toRgb(mean, bands, range), toRgb(spread, bands, spreadOf(range))]],
    columnLabels: [
      ['known', 'gaps are black'],
      ['filled', 'mean of the fillings'],
      ['spread', describeRange(spreadOf(range))],
    ],
    rowLabels: [''],
    caption: `${describeBands(bands, known.channels)} Values ${describeRange(range)}.`,
    minimumSize: 256,
  });
}

/** Chips, their gaps, and what was filled in. */
export function measurePicture(
  { shown, samples }: FillReport,
  bands: readonly number[],
): Promise<Uint8Array> {
  const chips = shown.map(({ images }) => images.chip);
  const range = rangeOf(chips, bands);
  return imageGrid({
    title: 'Gaps of held-out chips, and what is filled in',
    rows: shown.map(({ images: { chip, gaps, nearest, mean, filling, spread } }) => [
      ...[chip, gaps, nearest, mean, filling].map((image) => toRgb(image, bands, range)),
      toRgb(spread, bands, spreadOf(range)),
    ]),
    columnLabels: [
      ['chip', ''],
      ['known', 'gaps are black'],
      ['nearest pixel', ''],
      ['mean', `of ${samples} fillings`],
      ['one filling', ''],
      ['spread', describeRange(spreadOf(range))],
    ],
    rowLabels: shown.map(({ kind }) => kind),
    caption: `${describeBands(bands, chips[0].channels)} Values ${describeRange(range)}.`,
  });
}

/** Between what nearly all values of some bands lie, in round numbers. */
function rangeOf(images: readonly Raster[], bands: readonly number[]): ValueRange {
  const values = images
    .flatMap(({ data, channels }) => Array.from(data).filter((_, i) => bands.includes(i % channels)))
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const [low, high] = [0.01, 0.99].map((share) => values[Math.round(share * (values.length - 1))]);
  const unit = 10 ** Math.max(0, 1 - Math.floor(Math.log10(high - low || 1)));
  const [black, white] = [Math.floor(low * unit) / unit, Math.ceil(high * unit) / unit];
  return [black, white > black ? white : black + 1];
}

/** Spread is shown up to a quarter of the range of values. */
function spreadOf([black, white]: ValueRange): ValueRange {
  return [0, Number(((white - black) / 4).toPrecision(3))];
}

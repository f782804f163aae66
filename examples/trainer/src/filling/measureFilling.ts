import type * as tf from '@tensorflow/tfjs-core';
import type { CatalogRow } from 'diffusion-ssl/data';
import { DataError } from 'diffusion-ssl/errors';
import { denormalizeRaster, type Raster } from 'diffusion-ssl/normalization';
import { cloudMask, scanLineMask } from 'diffusion-ssl/training';
import { type ChipScaling, openChips } from '../labels/openChips.js';
import { turn } from '../stopping/turn.js';
import { FillScore, type FillScores } from './FillScore.js';
import { type FillingOptions, fillRaster } from './fillRaster.js';
import { openCvFilling } from './openCvFilling.js';
import { fillByMean, fillByNearest, type OtherFilling } from './otherFillings.js';
import { summarizeFillings } from './summarizeFillings.js';

/** Fillings of a chip, to be shown: images by what they are. */
export type ShownFilling = Record<'chip' | 'gaps' | 'mean' | 'filling' | 'spread' | 'nearest', Raster>;

/** What a measurement says. */
export interface FillReport {
  chips: number;
  samples: number;
  /** By kind of gap and way of filling. */
  scores: Record<string, Record<string, FillScores>>;
  shown: { kind: string; images: ShownFilling }[];
}

/** How fillings are measured. */
export interface MeasureOptions extends FillingOptions {
  rows: readonly CatalogRow[];
  scaling: ChipScaling & { normalization: NonNullable<ChipScaling['normalization']> };
  /** What the filling is called. */
  method: string;
  seed: number;
  onChip?: (done: number) => void;
  signal: AbortSignal;
}

const CLOUD_STREAM = 42;
const LINE_STREAM = 43;

const KINDS: Record<string, (shape: number[], seed: number, step: number) => tf.Tensor4D> = {
  clouds: (shape, seed, step) => cloudMask(shape, { key: { seed, stream: CLOUD_STREAM, step } }),
  'scan lines': (shape, seed, step) => scanLineMask(shape, { key: { seed, stream: LINE_STREAM, step } }),
};

/** Chips of each kind that are shown. */
const SHOWN = 3;

/**
 * Fills synthetic gaps of chips whose pixels there are known, and scores what is filled in, beside the nearest known
 * pixel, the mean of the known ones, and OpenCV's inpainting where that is installed.
 */
export async function measureFilling(options: MeasureOptions): Promise<FillReport> {
  const { rows, scaling, method, samples, seed, onChip, signal } = options;
  const openCv = await openCvFilling();
  const others: Record<string, OtherFilling> = {
    nearest: fillByNearest,
    mean: fillByMean,
    ...(openCv && { opencv: openCv }),
  };
  const { open } = await openChips(rows, scaling);
  const shown: FillReport['shown'] = [];
  const scores = Object.fromEntries(
    Object.keys(KINDS).map((kind) => {
      const of = [method, ...Object.keys(others)].map(
        (name) => [name, new FillScore(scaling.bands.length)] as const,
      );
      return [kind, Object.fromEntries(of)];
    }),
  );
  let done = 0;
  for (const [i, row] of rows.entries()) {
    const chip = await (await open(row)).read();
    if (chip.mask) continue;
    const truth = denormalizeRaster(chip, chip.parameters);
    for (const [kind, draw] of Object.entries(KINDS)) {
      await turn(signal);
      const mask = draw([1, truth.height, truth.width], seed, i);
      const gaps = await mask.data<'float32'>();
      mask.dispose();
      const damaged = {
        ...truth,
        data: truth.data.map((v, k) => (gaps[Math.floor(k / truth.channels)] ? Number.NaN : v)),
      };
      const { fillings } = await fillRaster(row.images.join(' and '), damaged, scaling, options);
      const { mean, spread } = summarizeFillings(fillings);
      scores[kind][method].add(truth, gaps, {
        mean,
        fillings,
        spread: samples > 1 ? spread : undefined,
      });
      const filled = Object.fromEntries(Object.entries(others).map(([name, fill]) => [name, fill(damaged)]));
      for (const [name, image] of Object.entries(filled))
        scores[kind][name].add(truth, gaps, { mean: image });
      if (shown.filter((one) => one.kind === kind).length < SHOWN) {
        const images = {
          chip: truth,
          gaps: damaged,
          mean,
          filling: fillings[0],
          spread,
          nearest: filled.nearest,
        };
        shown.push({ kind, images });
      }
    }
    onChip?.(++done);
  }
  if (done === 0)
    throw new DataError('No chip is whole: each misses pixels, of which nobody knows the truth.');
  const results = Object.entries(scores).map(([kind, of]) => {
    return [kind, Object.fromEntries(Object.entries(of).map(([name, score]) => [name, score.result()]))];
  });
  return { chips: done, samples, scores: Object.fromEntries(results), shown };
}

import * as tf from '@tensorflow/tfjs-core';
import { DataError } from 'diffusion-ssl/errors';
import { denormalizeRaster, normalizeRaster, type Raster } from 'diffusion-ssl/normalization';
import type { OpenModel } from '../model/openModel.js';
import { scalingOf } from '../model/scalingOf.js';
import { layFillWindows } from './layFillWindows.js';
import type { Filler } from './openFiller.js';

/** How a raster is filled. */
export interface FillingOptions {
  filler: Filler;
  samples: number;
  /** Height and width of the windows, and what they share with those beside them to either side. */
  window: readonly [height: number, width: number];
  margin: number;
  /** Hears how many windows with gaps are done. */
  onWindow?: (done: number, total: number) => void;
}

/** A raster whose gaps are filled. */
export interface FilledRaster {
  /** Each filling, in the raster's units; what is known is as it was. */
  fillings: Raster[];
  /** Pixels of which a value was missing. */
  gaps: number;
}

/**
 * Fills gaps of a raster in its own units, window by window; each window knows what those before it have filled.
 *
 * @param raster NaN where a value is missing.
 * @throws `DataError` if nothing is known of it.
 */
export async function fillRaster(
  name: string,
  raster: Raster,
  model: Pick<OpenModel, 'bands' | 'normalization'>,
  options: FillingOptions,
): Promise<FilledRaster> {
  const { height, width, channels, data } = raster;
  const { filler, samples, window, margin, onWindow } = options;
  const scaled = scaleKnown(name, raster, model);
  if (!scaled.mask) return { fillings: Array.from({ length: samples }, () => raster), gaps: 0 };
  const isGap = Uint8Array.from(scaled.mask.data, (known) => 1 - known);
  const isMissing = missingValues(raster, isGap);
  const gaps = isGap.reduce((sum, one) => sum + one, 0);
  if (!isMissing.includes(0)) throw new DataError(`${name}: no pixel is known; there is nothing to go by.`);
  const members = Array.from({ length: samples }, () => Float32Array.from(scaled.data));
  const across = layFillWindows(width, window[1], margin);
  const windows = layFillWindows(height, window[0], margin).flatMap((rows) =>
    across.map((columns) => ({ rows, columns })),
  );
  const open = windows
    .map((one, number) => ({ ...one, number }))
    .filter(({ rows, columns }) => {
      for (let y = rows.from; y < rows.to; y++)
        if (isGap.subarray(y * width + columns.from, y * width + columns.to).includes(1)) return true;
      return false;
    });
  for (const [done, { rows, columns, number }] of open.entries()) {
    const [top, left] = [rows.start, columns.start];
    const unknown = new Float32Array(window[0] * window[1] * channels).fill(1);
    const known = new Float32Array(samples * window[0] * window[1] * channels);
    eachPixel(window, [top, left], [height, width], (inside, pixel) => {
      // What windows before this one have filled is known.
      for (let band = 0; band < channels; band++)
        unknown[inside * channels + band] = isGap[pixel] && isMissing[pixel * channels + band];
      for (const [k, values] of members.entries()) {
        const to = (k * window[0] * window[1] + inside) * channels;
        for (let band = 0; band < channels; band++) known[to + band] = values[pixel * channels + band];
      }
    });
    const tensors = {
      known: tf.tensor4d(known, [samples, ...window, channels]),
      gaps: tf.tensor4d(unknown, [1, ...window, channels]),
    };
    const filled = await filler.fill(tensors.known, tensors.gaps, number).finally(() => tf.dispose(tensors));
    const values = await filled.data<'float32'>();
    filled.dispose();
    eachPixel(window, [top, left], [height, width], (inside, pixel) => {
      const [y, x] = [Math.floor(pixel / width), pixel % width];
      const isOwn = y >= rows.from && y < rows.to && x >= columns.from && x < columns.to;
      if (!isOwn || isGap[pixel] === 0) return;
      isGap[pixel] = 0;
      for (const [k, into] of members.entries()) {
        const from = (k * window[0] * window[1] + inside) * channels;
        for (let band = 0; band < channels; band++) into[pixel * channels + band] = values[from + band];
      }
    });
    onWindow?.(done + 1, open.length);
  }
  const fillings = members.map((values) => {
    const units = denormalizeRaster({ ...raster, data: values }, scaled.parameters);
    for (let i = 0; i < data.length; i++) if (!isMissing[i]) units.data[i] = data[i];
    return units;
  });
  return { fillings, gaps };
}

/** Which values of gaps are missing: those that are not finite, or all of a pixel that a value marks as missing. */
function missingValues({ data, channels }: Raster, isGap: Uint8Array): Uint8Array {
  const isMissing = new Uint8Array(data.length);
  for (const [pixel, gap] of isGap.entries()) {
    if (gap === 0) continue;
    const values = data.subarray(pixel * channels, (pixel + 1) * channels);
    const isMarked = values.every(Number.isFinite);
    for (const [band, value] of values.entries())
      isMissing[pixel * channels + band] = isMarked || !Number.isFinite(value) ? 1 : 0;
  }
  return isMissing;
}

/** A raster as the network has it; the mask says which pixels are whole. */
function scaleKnown(name: string, raster: Raster, model: Pick<OpenModel, 'bands' | 'normalization'>) {
  try {
    return normalizeRaster(raster, scalingOf(model));
  } catch (error) {
    throw new DataError(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** Calls `body` for each pixel of a window that lies in the raster. */
function eachPixel(
  window: readonly [number, number],
  [top, left]: readonly [number, number],
  [height, width]: readonly [number, number],
  body: (inside: number, pixel: number) => void,
): void {
  for (let y = 0; y < Math.min(window[0], height - top); y++)
    for (let x = 0; x < Math.min(window[1], width - left); x++)
      body(y * window[1] + x, (top + y) * width + left + x);
}

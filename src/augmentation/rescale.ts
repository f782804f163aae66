import { checkNumber } from '../internal/checks.js';
import type { Raster } from '../internal/raster.js';
import { roundHalfToEven } from './roundHalfToEven.js';
import { type AugmentationSample, checkLabelFill, type MovingOptions, mapSample } from './sample.js';

/** Options of {@link rescale}. */
export interface RescaleOptions extends MovingOptions {
  /**
   * Where the crop lies, or the smaller image on its canvas: [vertical, horizontal], each in [0, 1), from the first
   * possible place to the last. Default: centred.
   */
  position?: readonly [number, number];
}

/**
 * Enlarges or shrinks a sample by one factor, then crops it, or surrounds it by zeros, in the label by `labelFill`, to
 * the size it had. The image is interpolated linearly, blurred before it is shrunk; label and mask take the nearest
 * pixel.
 *
 * Follows `re_scale` of the ClarkCGA eofm-tutorial (scikit-image's `resize` with `anti_aliasing`), but both sides
 * keep their ratio.
 *
 * @param scale Factor of the sides, such as 0.75 to 1.5; they are rounded to whole pixels.
 * @returns A new sample of the same shape; the given one is not changed.
 * @throws If `scale` is not above zero, `position` lies outside [0, 1), or `labelFill` is not finite.
 * @example
 * import { rescale } from 'diffusion-ssl/augmentation';
 * const image = { height: 2, width: 2, channels: 1, data: new Float32Array([1, 1, 1, 1]) };
 * console.log(rescale({ image }, 0.5).image.data); // 1, 0, 0, 0
 */
export function rescale(
  sample: AugmentationSample,
  scale: number,
  { position, labelFill }: RescaleOptions = {},
): AugmentationSample {
  checkNumber('rescale: scale', scale, Number.MIN_VALUE);
  for (const part of position ?? []) checkNumber('rescale: position', part, 0, 1 - 2 ** -53);
  checkLabelFill('rescale', labelFill);
  const { height, width } = sample.image;
  const rows = axisOf(height, scale, position?.[0]);
  const columns = axisOf(width, scale, position?.[1]);
  return mapSample(
    sample,
    (raster) => resample(raster, rows.map(linearTaps(height)), columns.map(linearTaps(width))),
    (raster, fill) => resample(raster, rows.map(nearestTap(height)), columns.map(nearestTap(width)), fill),
    labelFill,
  );
}

/**
 * Where a pixel of the result lies on the input, in pixel centres, and how many input pixels wide it is; null: outside.
 */
type Place = { at: number; factor: number } | null;

/** The input pixels that make one of the result, and their weights. */
type Taps = { pixels: number[]; weights: number[] };

/** The places of one side's pixels. */
function axisOf(size: number, scale: number, position: number | undefined): Place[] {
  const resized = Math.max(1, roundHalfToEven(scale * size));
  const spare = Math.abs(resized - size);
  const offset = position === undefined ? Math.floor(spare / 2) : Math.floor(position * (spare + 1));
  const factor = size / resized;
  return Array.from({ length: size }, (_, i) => {
    const index = resized < size ? i - offset : i + offset;
    return index < 0 || index >= resized ? null : { at: (index + 0.5) * factor - 0.5, factor };
  });
}

const NOTHING: Taps = { pixels: [], weights: [] };

/** A Gaussian of sigma (factor - 1) / 2 where the image shrinks, then linear interpolation; mirrored at the edges. */
function linearTaps(size: number): (place: Place) => Taps {
  return (place) => {
    if (place === null) return NOTHING;
    const sigma = Math.max(0, (place.factor - 1) / 2);
    const radius = Math.floor(4 * sigma + 0.5);
    const kernel = Array.from({ length: 2 * radius + 1 }, (_, i) =>
      sigma === 0 ? 1 : Math.exp(-0.5 * ((i - radius) / sigma) ** 2),
    );
    const sum = kernel.reduce((total, value) => total + value, 0);
    const left = Math.floor(place.at);
    const right = place.at - left;
    const taps: Taps = { pixels: [], weights: [] };
    for (const [pixel, weight] of [
      [left, 1 - right],
      [left + 1, right],
    ]) {
      if (weight === 0) continue;
      kernel.forEach((value, i) => {
        // The blur sees the mirrored image, so a mirrored pixel's blur is that of the pixel itself.
        taps.pixels.push(mirror(mirror(pixel, size) + i - radius, size));
        taps.weights.push((weight * value) / sum);
      });
    }
    return taps;
  };
}

function nearestTap(size: number): (place: Place) => Taps {
  return (place) =>
    place === null
      ? NOTHING
      : { pixels: [Math.min(Math.max(Math.floor(place.at + 0.5), 0), size - 1)], weights: [1] };
}

/** Mirrors an index at the first and last pixel, which are not repeated. */
function mirror(index: number, size: number): number {
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const inside = ((index % period) + period) % period;
  return inside < size ? inside : period - inside;
}

function resample(raster: Raster, rows: Taps[], columns: Taps[], fill = 0): Raster {
  const { height, width, channels, data } = raster;
  const stride = width * channels;
  const out = new Float32Array(data.length).fill(fill);
  const row = new Float64Array(stride);
  for (let y = 0; y < height; y++) {
    const vertical = rows[y];
    if (vertical === NOTHING) continue;
    row.fill(0);
    vertical.pixels.forEach((pixel, i) => {
      const weight = vertical.weights[i];
      const from = pixel * stride;
      for (let k = 0; k < stride; k++) row[k] += weight * data[from + k];
    });
    for (let x = 0; x < width; x++) {
      const { pixels, weights } = columns[x];
      if (columns[x] === NOTHING) continue;
      const to = y * stride + x * channels;
      for (let k = 0; k < channels; k++) {
        let sum = 0;
        for (let i = 0; i < pixels.length; i++) sum += weights[i] * row[pixels[i] * channels + k];
        out[to + k] = sum;
      }
    }
  }
  return { height, width, channels, data: out };
}

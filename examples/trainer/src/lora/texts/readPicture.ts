import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { decodeRaster, findBands } from 'diffusion-ssl/data';
import { DataError } from 'diffusion-ssl/errors';
import { resample2d } from 'diffusion-ssl/ops';
import { selectionOf } from '../../data/inputBands.js';

/** How pictures are read. */
export interface PictureOptions {
  /** Side in pixels. */
  side: number;
  /** Which bands are red, green and blue; missing: the first three, or the only one for all. */
  inputBands?: readonly string[];
  /** The values that are black and full brightness; missing: those of 8 bits. */
  range?: readonly [number, number];
}

/**
 * Reads an image for an autoencoder, [1, side, side, 3] with values in [0, 1]: its middle square, brought to size
 * bilinearly, by means of whole pixels first where it is more than twice as large.
 *
 * @throws `DataError` if it cannot be read, a pixel is missing, or it has neither 8 bits nor a range.
 */
export async function readPicture(
  file: string,
  { side, inputBands, range }: PictureOptions,
): Promise<tf.Tensor4D> {
  const bytes = await readFile(file).catch((error) => {
    throw new DataError(`${file}: cannot be read (${error.message}).`, { cause: error });
  });
  const raster = await decodeRaster(bytes, { name: file });
  const { width, height, bands, data, valid, dtype } = raster;
  if (range === undefined && dtype !== 'uint8')
    throw new DataError(
      `${file} has values of ${dtype}: --range LOW,HIGH says which are black and which are white.`,
    );
  const chosen = bandsOf(file, raster, inputBands);
  const [black, white] = range ?? [0, 255];
  const square = Math.min(width, height);
  const [top, left] = [(height - square) >> 1, (width - square) >> 1];
  const values = new Float32Array(square * square * 3);
  for (let i = 0; i < values.length; i++) {
    const pixel = Math.floor(i / 3);
    const place = (top + Math.floor(pixel / square)) * width + left + (pixel % square);
    const at = place * bands + chosen[i % 3];
    const value = data[at];
    if (valid?.[at] === 0 || !Number.isFinite(value))
      throw new DataError(`${file}: pixels are missing; leave the image out, or fill them.`);
    values[i] = Math.min(1, Math.max(0, (value - black) / (white - black)));
  }
  return tf.tidy(() => {
    const whole = tf.tensor4d(values, [1, square, square, 3]);
    const factor = Math.max(1, Math.floor(square / side));
    const pooled = factor > 1 ? tf.avgPool(whole, factor, factor, 'valid') : whole;
    return pooled.shape[1] === side ? pooled : resample2d(pooled, { size: [side, side] });
  });
}

function bandsOf(
  file: string,
  raster: Parameters<typeof findBands>[0][number],
  given: readonly string[] | undefined,
): [number, number, number] {
  const colours = Array.from({ length: raster.bands }, (_, band) => band).filter(
    (band) => band !== raster.alphaBand,
  );
  const chosen = given ? findBands([raster], selectionOf(given), file).map((number) => number - 1) : colours;
  if (chosen.length === 1) return [chosen[0], chosen[0], chosen[0]];
  const [red, green, blue, ...more] = chosen;
  if (blue !== undefined && more.length === 0) return [red, green, blue];
  throw new DataError(`${file} has ${chosen.length} bands; --input-bands chooses three of them, or one.`);
}

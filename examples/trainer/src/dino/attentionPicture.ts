import * as tf from '@tensorflow/tfjs-core';
import { attentionMaps } from 'diffusion-ssl/models';
import { imagesOf } from '../data/imagesOf.js';
import { imageGrid } from '../pictures/imageGrid.js';
import { type PanelImage, type RgbImage, toRgb, type ValueRange } from '../pictures/toRgb.js';
import type { DinoRun } from './DinoRun.js';

/** Chips that are shown. */
const SHOWN = 4;

/** A picture of validation chips and of what the teacher's class token attends to in them, head by head, as PNG. */
export async function attentionPicture({ training, shown, display, state }: DinoRun): Promise<Uint8Array> {
  const count = Math.min(SHOWN, shown.shape[0]);
  const maps = tf.tidy(() => {
    const chips = tf.slice(tf.tensor4d(shown.images, shown.shape), 0, count);
    return attentionMaps(training.teacher.backbone, chips);
  });
  const heads = maps.shape[3];
  const values = imagesOf(await maps.data<'float32'>(), maps.shape);
  maps.dispose();
  const chips = imagesOf(shown.images, shown.shape).slice(0, count);
  const bands = shown.shape[3] < 3 ? [0] : [0, 1, 2];
  const range = display.rangeOf(bands);
  const rows = chips.map((chip, i) => {
    const own = values[i];
    const ofHeads = Array.from({ length: heads }, (_, head) =>
      enlarged(toRgb(own, [head], rangeOf(own, head)), chip.height / own.height),
    );
    return [toRgb(display.inUnits(chip), bands, range), ...ofHeads];
  });
  return imageGrid({
    title: 'What the class token attends to',
    rows,
    columnLabels: [
      ['chip', `${range[0]} to ${range[1]}`],
      ...Array.from({ length: heads }, (_, i): [string, string] => [`head ${i + 1}`, '']),
    ],
    rowLabels: rows.map((_, i) => `${i + 1}`),
    caption: `after epoch ${state.epoch}; black is the least, white the most that a head gives to a patch`,
  });
}

/** The least and the largest value of a band. */
function rangeOf({ data, channels }: PanelImage, band: number): ValueRange {
  const values = Array.from({ length: data.length / channels }, (_, i) => data[i * channels + band]);
  return [Math.min(...values), Math.max(...values)];
}

/** Each pixel repeated along both axes. */
function enlarged({ height, width, data }: RgbImage, factor: number): RgbImage {
  const [rows, columns] = [height * factor, width * factor];
  const large = new Uint8Array(rows * columns * 3);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const from = (Math.floor(y / factor) * width + Math.floor(x / factor)) * 3;
      large.set(data.subarray(from, from + 3), (y * columns + x) * 3);
    }
  }
  return { height: rows, width: columns, data: large };
}

import * as tf from '@tensorflow/tfjs-core';
import type { LabelledChips } from './drawLabels.js';
import { shuffled, streams, uniforms } from './draws.js';
import { imageOf } from './features/rawSource.js';
import { datesOf, isPerPixel, labelShape, type Task, taskSizes } from './Task.js';

/**
 * A batch of labelled chips, each mirrored by chance, the chips one after the other in orders by chance; of two dates
 * all images of the first, then those of the second.
 */
export async function drawBatch(
  task: Task,
  { chips, labels }: LabelledChips,
  { seed, step, size }: { seed: number; step: number; size: number },
): Promise<{ x: tf.Tensor4D; labels: tf.Tensor }> {
  const [height, width, bands] = task.shape;
  const { samples, questions } = taskSizes(task);
  const mirrors = await uniforms(2 * size, seed, streams.flips, step);
  const dates = datesOf(task.kind);
  const length = height * width * bands;
  const images = new Float32Array(dates * size * length);
  const wanted = new Int32Array(size * samples * questions);
  let order: number[] = [];
  let pass = -1;
  for (let i = 0; i < size; i++) {
    const at = step * size + i;
    if (pass !== Math.floor(at / chips.length)) {
      pass = Math.floor(at / chips.length);
      order = await shuffled(chips.length, seed, streams.batches, pass);
    }
    const rank = order[at % chips.length];
    const known = labels.subarray(rank * samples * questions, (rank + 1) * samples * questions);
    const [down, across] = [mirrors[2 * i] < 0.5, mirrors[2 * i + 1] < 0.5];
    for (let date = 0; date < dates; date++) {
      const image = imageOf(task, 'train', chips[rank], date);
      images.set(mirrored(image, [height, width, bands], down, across), (date * size + i) * length);
    }
    const isMap = isPerPixel(task.kind);
    wanted.set(isMap ? mirrored(known, [height, width, 1], down, across) : known, i * known.length);
  }
  return {
    x: tf.tensor4d(images, [dates * size, height, width, bands]),
    labels: tf.tensor(wanted, labelShape(task, size), 'int32'),
  };
}

function mirrored<T extends Float32Array | Int32Array>(
  values: T,
  [height, width, channels]: readonly [number, number, number],
  down: boolean,
  across: boolean,
): T {
  const result = values.slice() as T;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = ((down ? height - 1 - y : y) * width + (across ? width - 1 - x : x)) * channels;
      for (let c = 0; c < channels; c++) result[(y * width + x) * channels + c] = values[from + c];
    }
  }
  return result;
}

import * as tf from '@tensorflow/tfjs-core';
import { attentionMaps } from 'diffusion-ssl/models';
import { resample2d } from 'diffusion-ssl/ops';
import { modelClasses } from '../heads/ModelClass.js';
import type { OpenVit } from '../model/openVit.js';
import { imageGrid } from '../pictures/imageGrid.js';
import { classImage } from '../pictures/labelPicture.js';
import { percentileRanges } from '../pictures/percentileRanges.js';
import { type RgbImage, toRgb } from '../pictures/toRgb.js';
import { imageOf } from '../transfer/features/rawSource.js';
import type { Task } from '../transfer/Task.js';

/** Test chips with the maps of all heads, what networks say of them, and what is known: a PNG file. */
export async function studyPicture(
  task: Task,
  { model, heads, shownBands }: OpenVit,
  {
    shown,
    said,
    title,
  }: { shown: readonly number[]; said: ReadonlyMap<string, readonly ArrayLike<number>[]>; title: string },
): Promise<Uint8Array> {
  const [height, width, channels] = task.shape;
  const classes = modelClasses(task.classes);
  const rows: RgbImage[][] = [];
  for (const [i, chip] of shown.entries()) {
    const data = imageOf(task, 'test', chip);
    const image = { height, width, channels, data };
    const maps = tf.tidy(() =>
      resample2d(attentionMaps(model, tf.tensor4d(data, [1, ...task.shape])), { size: [height, width] }),
    );
    const panel = { height, width, channels: heads, data: await maps.data() };
    maps.dispose();
    const ranges = percentileRanges(panel);
    rows.push([
      toRgb(image, shownBands, percentileRanges(image)),
      ...ranges.map((_, head) => toRgb(panel, [head], ranges)),
      ...[...said.values()].map((own) => classImage(own[i], image, classes)),
      classImage(labelsOf(task, chip), image, classes),
    ]);
  }
  const names = [
    'chip',
    ...Array.from({ length: heads }, (_, i) => `head ${i + 1}`),
    ...said.keys(),
    'labels',
  ];
  return imageGrid({
    title,
    rows,
    columnLabels: names.map((name) => [name, '']),
    rowLabels: shown.map((chip) => task.sets.test.names[chip].split('/').at(-1)!.slice(-16)),
    caption: 'Chips and maps from the 2nd to the 98th percentile of each. Grey where there is no label.',
    legend: classes,
  });
}

function labelsOf({ sets, shape }: Task, chip: number): Int32Array {
  const pixels = shape[0] * shape[1];
  return sets.test.labels.subarray(chip * pixels, (chip + 1) * pixels);
}

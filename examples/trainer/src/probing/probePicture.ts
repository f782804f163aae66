import type { ModelClass } from '../heads/ModelClass.js';
import type { OpenModel } from '../model/openModel.js';
import { type LabelledPicture, labelPicture } from '../pictures/labelPicture.js';
import { imageOf } from '../transfer/features/rawSource.js';
import type { FittedProbe } from '../transfer/probeTrial.js';
import { mostLikely } from '../transfer/score.js';
import { type Task, taskSizes } from '../transfer/Task.js';

/** Validation chips shown, at most. */
export const SHOWN = 6;

/** Validation chips beside their labels and what a probe says of them, as a PNG file. */
export async function probePicture(
  task: Task,
  { source, predict }: FittedProbe,
  model: Pick<OpenModel, 'display' | 'shownBands' | 'bands'>,
  classes: readonly ModelClass[],
): Promise<Uint8Array> {
  const { names, labels } = task.sets.validate;
  const [height, width, channels] = task.shape;
  const { samples } = taskSizes(task);
  const chips: LabelledPicture[] = [];
  for (const chip of shownChips(task)) {
    const [answers] = await predict(await source.rows('validate', chip));
    chips.push({
      name: names[chip],
      images: [{ height, width, channels, data: imageOf(task, 'validate', chip) }],
      labels: labels.subarray(chip * samples, (chip + 1) * samples),
      prediction: mostLikely(answers, classes.length),
    });
  }
  return labelPicture(chips, model, { classes, title: `Validation chips, ${source.name}` });
}

/** Numbers of validation chips from all over their list. */
export function shownChips({ sets: { validate } }: Task): number[] {
  const count = Math.min(SHOWN, validate.count);
  return Array.from({ length: count }, (_, i) => Math.floor((i * validate.count) / count));
}

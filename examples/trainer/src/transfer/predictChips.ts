import * as tf from '@tensorflow/tfjs-core';
import type { FineTuning } from 'diffusion-ssl/finetuning';
import { turn } from '../stopping/turn.js';
import { imageOf } from './features/rawSource.js';
import { datesOf, labelShape, type Split, type Task, taskSizes } from './Task.js';

/** What a network says of chips. */
export interface ChipAnswer {
  chip: number;
  /** Row-major [samples, classes] of the chip; of groups a probability a class. */
  probabilities: Float32Array;
  /** Row-major [samples, questions]. */
  labels: Int32Array;
  /** Mean loss of the pass that the chip was in. */
  loss: number;
}

/** What is predicted, and how. */
export interface PredictedChips {
  split: Split;
  /** Default: all of the split. */
  chips?: readonly number[];
  /** Chips of a pass. Default 8. */
  batch?: number;
  /** From chips to what the network takes. Default: as they are. */
  input?: (chips: tf.Tensor4D) => tf.Tensor4D;
  loss?: (logits: tf.Tensor, labels: tf.Tensor) => tf.Scalar;
  signal?: AbortSignal;
}

/** What a network says of the chips of a split, one after the other. */
export async function* predictChips(
  task: Task,
  tuning: FineTuning,
  { split, chips, batch = 8, input = (images) => images, loss, signal }: PredictedChips,
): AsyncIterable<ChipAnswer> {
  const set = task.sets[split];
  const { samples, questions } = taskSizes(task);
  const length = samples * questions;
  const all = chips ?? Array.from({ length: set.count }, (_, i) => i);
  for (let start = 0; start < all.length; start += batch) {
    await turn(signal);
    const part = all.slice(start, start + batch);
    const labels = part.map((chip) => set.labels.slice(chip * length, (chip + 1) * length));
    const { answers, worth } = tf.tidy(() => {
      const images = Array.from({ length: datesOf(task.kind) }, (_, date) =>
        part.map((chip) => tf.tensor3d(imageOf(task, split, chip, date), task.shape)),
      ).flat();
      const logits = tuning.predict(input(tf.stack(images) as tf.Tensor4D));
      const known = () =>
        tf.tensor(
          labels.flatMap((own) => [...own]),
          labelShape(task, part.length),
          'int32',
        );
      const worth = loss ? loss(logits, known()) : tf.scalar(Number.NaN);
      return { answers: task.kind === 'groups' ? tf.sigmoid(logits) : tf.softmax(logits), worth };
    });
    const values = (await answers.data()) as Float32Array;
    const [mean] = await worth.data();
    tf.dispose([answers, worth]);
    const size = values.length / part.length;
    for (const [i, chip] of part.entries()) {
      const probabilities = values.slice(i * size, (i + 1) * size);
      yield { chip, probabilities, labels: labels[i], loss: mean };
    }
  }
}

/** The answers to each question, as scorers take them: of groups no and yes for each class. */
export function answersOfChip(
  task: Task,
  { probabilities }: Pick<ChipAnswer, 'probabilities'>,
): Float32Array[] {
  if (task.kind !== 'groups') return [probabilities];
  return Array.from(probabilities, (p) => Float32Array.of(1 - p, p));
}

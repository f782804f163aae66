import { kNearestNeighbours } from 'diffusion-ssl/heads';
import { NO_LABEL, type Task } from '../transfer/Task.js';

/** Vectors of the training and of the validation chips, row-major. */
export interface Vectors {
  train: Float32Array;
  validate: Float32Array;
}

/** Share of the validation chips of which most of the nearest training chips, by the cosine, are of their class. */
export async function neighbourScore(
  task: Task,
  { train, validate }: Vectors,
  neighbours: number,
): Promise<number> {
  const { sets } = task;
  const classes = task.classes.length;
  const k = Math.min(neighbours, sets.train.count);
  const head = await kNearestNeighbours(train, sets.train.labels, { k, classes });
  const answers = await head.predict(validate);
  let [right, total] = [0, 0];
  for (const [i, label] of sets.validate.labels.entries()) {
    if (label === NO_LABEL) continue;
    const row = answers.subarray(i * classes, (i + 1) * classes);
    total++;
    if (row.indexOf(Math.max(...row)) === label) right++;
  }
  return right / total;
}

/** The score of what needs no network: all values of a chip, and the mean of each band. */
export async function plainScores(
  task: Task,
  neighbours: number,
): Promise<{ pixels: number; means: number }> {
  const { train, validate } = task.sets;
  const [height, width, bands] = task.shape;
  const meansOf = ({ count, images }: typeof train) => {
    const means = new Float32Array(count * bands);
    for (const [i, value] of images.entries()) {
      const chip = Math.floor(i / (height * width * bands));
      means[chip * bands + (i % bands)] += value / (height * width);
    }
    return means;
  };
  const score = (vectorsOf: (set: typeof train) => Float32Array) =>
    neighbourScore(task, { train: vectorsOf(train), validate: vectorsOf(validate) }, neighbours);
  return { pixels: await score(({ images }) => images), means: await score(meansOf) };
}

import { kNearestNeighbours } from 'diffusion-ssl/heads';
import { NO_LABEL } from '../transfer/Task.js';
import type { DinoRun } from './DinoRun.js';
import type { DinoEpoch } from './DinoState.js';
import { spreadOf, teacherFeatures } from './teacherFeatures.js';

/** Measures the teacher's features: how they are spread, and, where there are labels, how well neighbours tell classes. */
export async function measureTeacher({
  training,
  shown,
  task,
  state,
  signal,
}: DinoRun): Promise<Pick<DinoEpoch, 'featureSpread' | 'accuracy'>> {
  const { backbone } = training.teacher;
  const width = backbone.outputs[0].shape[1] as number;
  if (!task) {
    const features = await teacherFeatures(backbone, shown.images, shown.shape, signal);
    return { featureSpread: spreadOf(features, width) };
  }
  const { train, validate } = task.sets;
  const featuresOf = (set: typeof train) =>
    teacherFeatures(backbone, set.images, [set.count, ...task.shape], signal);
  const [known, asked] = [await featuresOf(train), await featuresOf(validate)];
  const k = Math.min(state.config.neighbours, train.count);
  const head = await kNearestNeighbours(known, train.labels, { k, classes: task.classes.length });
  const answers = await head.predict(asked);
  let [right, total] = [0, 0];
  for (let i = 0; i < validate.count; i++) {
    if (validate.labels[i] === NO_LABEL) continue;
    const row = [...answers.subarray(i * task.classes.length, (i + 1) * task.classes.length)];
    total++;
    if (row.indexOf(Math.max(...row)) === validate.labels[i]) right++;
  }
  return { featureSpread: spreadOf(asked, width), accuracy: right / total };
}

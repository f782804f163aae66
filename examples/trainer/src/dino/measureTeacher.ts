import type { DinoRun } from './DinoRun.js';
import type { DinoEpoch } from './DinoState.js';
import { neighbourScore } from './neighbourScore.js';
import { spreadOf, teacherFeatures } from './teacherFeatures.js';

/** Measures the teacher's features: their spread, and, where there are labels, how well neighbours tell classes. */
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
  const featuresOf = ({ images, count }: typeof task.sets.train) =>
    teacherFeatures(backbone, images, [count, ...task.shape], signal);
  const vectors = {
    train: await featuresOf(task.sets.train),
    validate: await featuresOf(task.sets.validate),
  };
  return {
    featureSpread: spreadOf(vectors.validate, width),
    accuracy: await neighbourScore(task, vectors, state.config.neighbours),
  };
}

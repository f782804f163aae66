import { ConfusionMatrix, MultiLabelMetrics } from 'diffusion-ssl/metrics';
import { NO_LABEL, type Task, type TaskKind } from './Task.js';

/** What a task is scored by. */
export const SCORE_NAMES: Record<TaskKind, string> = {
  segmentation: 'mIoU',
  scenes: 'accuracy',
  groups: 'average precision',
  change: 'F1 of change',
};

/** Answers, fed bit by bit, become one score: the higher the better. */
export interface Scorer {
  /**
   * @param labels row-major [samples, questions]
   * @param probabilities row-major [questions, samples, classes of an answer]
   */
  add(labels: Int32Array, probabilities: readonly Float32Array[]): void;
  score(): number;
  /** All answers, of segmentation and scenes. */
  matrix?: ConfusionMatrix;
  /** All answers, of groups. */
  groups?: MultiLabelMetrics;
}

/** The class that is change. */
const CHANGED = 1;

/**
 * Mean IoU over the classes present, the share of scenes that is right, the mean average precision of groups, or the F1
 * of change (0 where nothing that changed is found).
 */
export function makeScorer({ kind, classes }: Pick<Task, 'kind' | 'classes'>): Scorer {
  if (kind === 'groups') {
    const metrics = new MultiLabelMetrics(classes.length);
    return {
      add(labels, probabilities) {
        const samples = labels.length / classes.length;
        const scores = new Float32Array(labels.length);
        for (const [k, answers] of probabilities.entries()) {
          for (let i = 0; i < samples; i++) scores[i * classes.length + k] = Math.min(1, answers[2 * i + 1]);
        }
        metrics.add(labels, scores);
      },
      score: () => metrics.average('averagePrecision', 'macro', 'skip'),
      groups: metrics,
    };
  }
  const matrix = new ConfusionMatrix(classes.length, { ignoreIndex: NO_LABEL });
  return {
    add: (labels, [probabilities]) => matrix.add(labels, mostLikely(probabilities, classes.length)),
    score: () => {
      if (kind === 'change') return matrix.f1()[CHANGED] || 0;
      return kind === 'scenes' ? matrix.accuracy() : matrix.meanIou();
    },
    matrix,
  };
}

/** The class of the largest probability of each row. */
export function mostLikely(probabilities: Float32Array, classes: number): Int32Array {
  const labels = new Int32Array(probabilities.length / classes);
  for (let i = 0; i < labels.length; i++) {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    for (let k = 1; k < classes; k++) if (row[k] > row[labels[i]]) labels[i] = k;
  }
  return labels;
}

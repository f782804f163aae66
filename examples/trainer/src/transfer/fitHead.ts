import {
  type Head,
  kNearestNeighbours,
  linearProbe,
  pixelMlpEnsemble,
  randomForest,
} from 'diffusion-ssl/heads';
import type { Rows } from './gatherRows.js';
import { type Task, taskSizes } from './Task.js';

/** What classifies vectors. */
export type HeadKind = 'linear' | 'forest' | 'mlp' | 'knn';

/** What is tried of each head on the validation labels. */
export const SETTINGS: Record<HeadKind, readonly HeadSetting[]> = {
  linear: [1e-2, 1, 1e2, 1e4].map((strength) => ({ name: `C ${strength}`, strength })),
  forest: [1, 16].map((minLeaf) => ({ name: `leaves from ${minLeaf}`, minLeaf })),
  mlp: [{ name: 'as it is' }],
  knn: [1, 5, 20].map((k) => ({ name: `k ${k}`, k })),
};

/** How a head is fitted. */
export interface HeadSetting {
  name: string;
  /** Of a linear probe: the inverse of its regularisation. */
  strength?: number;
  /** Of a forest: rows that a leaf has at least. */
  minLeaf?: number;
  trees?: number;
  /** Of an ensemble of small networks. */
  members?: number;
  maxEpochs?: number;
  /** Of the nearest neighbours: how many. */
  k?: number;
}

/** What is fitted, and how. */
export interface HeadFit {
  kind: HeadKind;
  setting: HeadSetting;
  seed: number;
  signal?: AbortSignal;
}

/** Answers to each question, of vectors: row-major [rows, classes] each. */
export type Predict = (features: Float32Array) => Promise<Float32Array[]>;

/** Fits one head a question. */
export async function fitHeads(
  task: Task,
  { features, labels, count }: Rows,
  { kind, setting, seed, signal }: HeadFit,
): Promise<Head[]> {
  const { questions, classes } = taskSizes(task);
  const { strength = 1, minLeaf, trees = 60, members = 3, maxEpochs = 12, k = 5 } = setting;
  const heads: Head[] = [];
  for (let question = 0; question < questions; question++) {
    const own = Int32Array.from({ length: count }, (_, i) => labels[i * questions + question]);
    const options = { classes, seed, signal };
    heads.push(
      await {
        linear: () => linearProbe(features, own, { ...options, strengths: [strength], maxIterations: 60 }),
        forest: () => randomForest(features, own, { ...options, minLeaf, trees }),
        mlp: () => pixelMlpEnsemble(features, own, { ...options, members, maxEpochs }),
        knn: () => kNearestNeighbours(features, own, { classes, k: Math.min(k, count) }),
      }[kind](),
    );
  }
  return heads;
}

/** The answers of heads, one a question. */
export function answersOf(heads: readonly Head[]): Predict {
  return async (rows) => {
    const answers: Float32Array[] = [];
    for (const head of heads) answers.push(await head.predict(rows));
    return answers;
  };
}

import { type Head, linearProbe, pixelMlpEnsemble, randomForest } from 'diffusion-ssl/heads';
import type { Rows } from './gatherRows.js';
import { type Task, taskSizes } from './Task.js';

/** What classifies vectors. */
export type HeadKind = 'linear' | 'forest' | 'mlp';

/** What is tried of each head on the validation labels. */
export const SETTINGS: Record<HeadKind, readonly HeadSetting[]> = {
  linear: [1e-2, 1e-1, 1].map((strength) => ({ name: `C ${strength}`, strength })),
  forest: [1, 16].map((minLeaf) => ({ name: `leaves from ${minLeaf}`, minLeaf })),
  mlp: [{ name: 'as it is' }],
};

/** How a head is fitted. */
export interface HeadSetting {
  name: string;
  /** Of a linear probe: the inverse of its regularisation. */
  strength?: number;
  /** Of a forest: rows that a leaf has at least. */
  minLeaf?: number;
}

/** Answers to each question, of vectors: row-major [rows, classes] each. */
export type Predict = (features: Float32Array) => Promise<Float32Array[]>;

/** Fits one head a question. */
export async function fitHead(
  task: Task,
  { features, labels, count }: Rows,
  {
    kind,
    setting,
    seed,
    signal,
  }: { kind: HeadKind; setting: HeadSetting; seed: number; signal?: AbortSignal },
): Promise<Predict> {
  const { questions, classes } = taskSizes(task);
  const { strength = 1, minLeaf } = setting;
  const heads: Head[] = [];
  for (let k = 0; k < questions; k++) {
    const own = Int32Array.from({ length: count }, (_, i) => labels[i * questions + k]);
    const options = { classes, seed, signal };
    heads.push(
      await {
        linear: () => linearProbe(features, own, { ...options, strengths: [strength], maxIterations: 60 }),
        forest: () => randomForest(features, own, { ...options, minLeaf, trees: 60 }),
        mlp: () => pixelMlpEnsemble(features, own, { ...options, members: 3, maxEpochs: 12 }),
      }[kind](),
    );
  }
  return async (rows) => {
    const answers: Float32Array[] = [];
    for (const head of heads) answers.push(await head.predict(rows));
    return answers;
  };
}

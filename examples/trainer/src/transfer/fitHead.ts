import { linearProbe, pixelMlpEnsemble } from 'diffusion-ssl/heads';
import { streams, uniforms } from './draws.js';
import type { Rows } from './gatherRows.js';
import { RandomForest } from './RandomForest.js';
import { type Task, taskSizes } from './Task.js';

/** What classifies vectors. */
export type HeadKind = 'linear' | 'forest' | 'mlp';

/** What is tried of each head on the validation labels. */
export const SETTINGS: Record<HeadKind, readonly HeadSetting[]> = {
  linear: [1e-3, 1e-2, 1e-1, 1].map((strength) => ({ name: `C ${strength}`, strength })),
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
  const dims = features.length / count;
  const heads: ((features: Float32Array) => Promise<Float32Array> | Float32Array)[] = [];
  for (let k = 0; k < questions; k++) {
    const own = Int32Array.from({ length: count }, (_, i) => labels[i * questions + k]);
    if (kind === 'forest') {
      const [start] = await uniforms(1, seed, streams.forest, k);
      const forest = new RandomForest(features, own, { classes, dims, minLeaf, random: generator(start) });
      heads.push((rows) => forest.predict(rows));
    } else {
      const options = { classes, signal };
      const head =
        kind === 'linear'
          ? await linearProbe(features, own, { ...options, strengths: [strength], maxIterations: 60 })
          : await pixelMlpEnsemble(features, own, { ...options, members: 3, maxEpochs: 12, seed });
      heads.push((rows) => head.predict(rows));
    }
  }
  return async (rows) => {
    const answers: Float32Array[] = [];
    for (const head of heads) answers.push(await head(rows));
    return answers;
  };
}

/** Numbers in [0, 1) one after the other (mulberry32), for what draws millions of them. */
function generator(start: number): () => number {
  let state = Math.floor(start * 2 ** 32);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

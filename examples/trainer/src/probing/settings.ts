import type { HeadKind, HeadSetting } from '../transfer/fitHead.js';

/** What is tried of each head on the validation labels, where there is one fit and not a table of them. */
export const PROBE_SETTINGS: Record<HeadKind, readonly HeadSetting[]> = {
  linear: [1e-4, 1e-3, 1e-2, 1e-1, 1, 10].map((strength) => ({ name: `C ${strength}`, strength })),
  forest: [1, 4, 16].map((minLeaf) => ({ name: `leaves from ${minLeaf}`, minLeaf, trees: 100 })),
  mlp: [{ name: '5 networks', members: 5, maxEpochs: 100 }],
  knn: [1, 5, 20].map((k) => ({ name: `k ${k}`, k })),
};

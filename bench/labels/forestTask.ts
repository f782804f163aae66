import { randomForest } from 'diffusion-ssl/heads';
import type { LabelTask, MakeLabelTask } from './LabelTask.js';
import { plantedRows, type RowSizes } from './plantedRows.js';

/** Two forests of other draws may differ so much in what they get right of the rows kept back. */
const AGREEMENT = 0.03;

/** A random forest of 100 trees: fitted to four fifths of the rows, and the classes of the last fifth predicted. */
export function forestTask(sizes: RowSizes): MakeLabelTask {
  return async (folder): Promise<LabelTask> => {
    const { features, labels, file } = await plantedRows(sizes, folder);
    const fitted = Math.floor((4 * sizes.rows) / 5);
    const cut = fitted * sizes.dims;
    let right = 0;
    return {
      request: { task: 'forest', file, fitted },
      run: async () => {
        const start = performance.now();
        const head = await randomForest(features.subarray(0, cut), labels.subarray(0, fitted));
        const probabilities = await head.predict(features.subarray(cut));
        const seconds = (performance.now() - start) / 1000;
        right = shareRight(probabilities, labels.subarray(fitted), sizes.classes);
        return seconds;
      },
      check: async (peer) => {
        const { theirs } = await peer.ask<{ theirs: number }>({ task: 'forest check' });
        if (!(Math.abs(right - theirs) <= AGREEMENT)) {
          throw new Error(`${right} of the rows are right, of scikit-learn's forest ${theirs}`);
        }
        return `${(100 * right).toFixed(1)} % right, scikit-learn's ${(100 * theirs).toFixed(1)} %`;
      },
      dispose: () => {},
    };
  };
}

function shareRight(probabilities: Float32Array, labels: Int32Array, classes: number): number {
  const right = labels.filter((label, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    return row.indexOf(Math.max(...row)) === label;
  });
  return right.length / labels.length;
}

import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { nextTurn } from '../internal/nextTurn.js';
import { throwIfAborted } from '../internal/throwIfAborted.js';
import { checkRows, type HeadOptions, type LabelledRows } from './checkRows.js';
import { LinearHead, type StrengthScore } from './LinearHead.js';
import { LogisticRegression } from './LogisticRegression.js';
import { mostLikely } from './mostLikely.js';

/** Options of {@link linearProbe}. */
export interface LinearProbeOptions extends HeadOptions {
  /** Rows that the strength is chosen by; the head is then fitted again to both. Default none. */
  validation?: LabelledRows;
  /**
   * Strengths C to try, the inverse of the regularisation, above 0. Default: with validation rows 40 from 1e-6 to 1e4,
   * evenly on a logarithmic scale, else 1.
   */
  strengths?: readonly number[];
  /** What is chosen by on the validation rows, the higher the better. Default: the share of rows that are right. */
  score?: (reference: Int32Array, prediction: Int32Array) => number;
  /** Most steps for each strength. Default 100. */
  maxIterations?: number;
  /** A fit ends where no entry of the gradient is larger. Default 1e-4. */
  tolerance?: number;
  /** Stops between two strengths, with an `AbortError`. */
  signal?: AbortSignal;
}

const STRENGTHS = Array.from({ length: 40 }, (_, i) => 10 ** (-6 + (10 * i) / 39));

/**
 * Linear probe: multinomial logistic regression on standardised features by L-BFGS, its regularisation chosen on
 * validation rows, then fitted again to all rows (the protocol of torchgeo-bench; scikit-learn's
 * `make_pipeline(StandardScaler(), LogisticRegression(C))`). Each strength starts where the one before ended, from the
 * smallest on; of strengths that are worth the same the smallest is taken.
 *
 * Needs a backend, on which the features lie once while it fits; on wasm with this package's kernels it is fastest.
 *
 * @param features row-major [rows, dims].
 * @param labels the class of each row, from 0.
 * @returns A head, in which `strength` is what was chosen and `tried` what the others were worth.
 * @throws If features and labels do not fit or are not finite, a label is no class, or an option is out of range.
 * @example
 * ```ts
 * import { initBackend } from 'diffusion-ssl/backends/node';
 * import { linearProbe } from 'diffusion-ssl/heads';
 *
 * await initBackend();
 * const features = new Float32Array([0, 1, 0.2, 0.9, 1, 0.1, 0.8, 0]);
 * const head = await linearProbe(features, new Int32Array([0, 0, 1, 1]));
 * const probabilities = await head.predict(new Float32Array([0.1, 1]));
 * console.log(probabilities[0] > 0.5); // true
 * ```
 */
export async function linearProbe(
  features: Float32Array,
  labels: Int32Array,
  options: LinearProbeOptions = {},
): Promise<LinearHead> {
  const { validation, maxIterations = 100, tolerance = 1e-4, score = shareRight, signal } = options;
  const { strengths = validation ? STRENGTHS : [1] } = options;
  const train = { features, labels };
  const sizes = inFunction('linearProbe', () => {
    checkInteger('maxIterations', maxIterations, 1);
    checkNumber('tolerance', tolerance, 0);
    for (const [i, strength] of strengths.entries()) {
      checkNumber(`strengths[${i}]`, strength, Number.MIN_VALUE, Number.MAX_VALUE);
    }
    if (strengths.length === 0 || (strengths.length > 1 && !validation)) {
      throw argumentError(
        'strengths.length',
        strengths.length,
        validation ? 'at least 1' : '1 without validation',
      );
    }
    return checkRows(train, options);
  });
  if (validation) {
    const { dims } = inFunction('linearProbe: validation', () => checkRows(validation, sizes));
    if (dims !== sizes.dims) {
      throw argumentError('linearProbe: validation dims', dims, `${sizes.dims} as the features'`);
    }
  }
  const fitting = { maxIterations, tolerance };
  const tried: StrengthScore[] = [];
  let best = { strength: strengths[0], score: Number.NEGATIVE_INFINITY };
  if (validation && strengths.length > 1) {
    const regression = new LogisticRegression(train, sizes);
    try {
      for (const strength of [...strengths].sort((a, b) => a - b)) {
        await nextTurn();
        throwIfAborted(signal, 'The linear probe was stopped.');
        const head = new LinearHead(await regression.fit(strength, fitting), strength, []);
        const prediction = mostLikely(await head.predict(validation.features), head.classes);
        const one = { strength, score: score(validation.labels, prediction) };
        checkNumber('linearProbe: score', one.score);
        tried.push(one);
        if (one.score > best.score) best = one;
      }
    } finally {
      regression.dispose();
    }
  }
  throwIfAborted(signal, 'The linear probe was stopped.');
  const all = validation ? both(train, validation) : train;
  const regression = new LogisticRegression(all, { ...sizes, rows: all.labels.length });
  try {
    return new LinearHead(await regression.fit(best.strength, fitting), best.strength, tried);
  } finally {
    regression.dispose();
  }
}

function both(a: LabelledRows, b: LabelledRows): LabelledRows {
  const features = new Float32Array(a.features.length + b.features.length);
  features.set(a.features);
  features.set(b.features, a.features.length);
  return { features, labels: Int32Array.from([...a.labels, ...b.labels]) };
}

function shareRight(reference: Int32Array, prediction: Int32Array): number {
  return prediction.reduce((right, label, i) => right + Number(label === reference[i]), 0) / reference.length;
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import {
  AreaUnderRoc,
  BinaryMetrics,
  ClassScores,
  ConfusionMatrix,
  featureMoments,
  frechetDistance,
  kernelDistance,
  type LabelAverage,
  type LabelScore,
  MultiLabelMetrics,
  precisionAndRecall,
} from '../../src/metrics/index.js';
import { expectClose, type Tolerance } from '../support/compare.js';
import { type FixtureArray, fixturePath, fixtureValues, readFixture } from '../support/fixtures.js';

type Values = Record<string, number | string | null | FixtureArray>;
interface Gaussians extends Record<string, unknown> {
  name: string;
  tolerance_rel?: number;
  tolerance_abs?: number;
  frechet_eigenvalues: number;
}

/** Scores by torchmetrics, distances of sets of features by scipy, torch-fidelity and torchmetrics. */
const file = readFixture<{
  frechet: Gaussians[];
  kid: (Record<'degree' | 'gamma' | 'coef' | 'kid_unbiased' | 'kid_same' | 'tolerance_abs', number> & {
    name: string;
  })[];
  precision_recall: (Record<'neighbours' | 'precision' | 'recall' | 'tolerance_abs', number> & {
    name: string;
  })[];
  multiclass: (Values & { name: string; classes: number; ignore_index: number | null })[];
  scores: (Values & { name: string; kind: 'multiclass' | 'multilabel' | 'binary' })[];
  tolerance: { metrics: Tolerance };
}>('peers/frechet/frechet.json');
const { tensors } = readSafetensors(readFileSync(fixturePath('peers/frechet/frechet.safetensors')));
const tolerance = file.tolerance.metrics;

function read(name: string): { values: Float64Array; dims: number } | undefined {
  const tensor = tensors.get(name);
  return (
    tensor && { values: Float64Array.from(tensor.data as Float32Array, Number), dims: tensor.shape.at(-1)! }
  );
}

function pair(a: string, b: string) {
  const [first, second] = [read(a), read(b)];
  if (first === undefined || second === undefined) throw new Error(`${a} or ${b} is not in the file`);
  return { a: first.values, b: second.values, dims: first.dims };
}

const arrayOf = (value: Values[string]) => fixtureValues(value as FixtureArray);

describe('Fréchet distance', () => {
  const within = ({ tolerance_abs, tolerance_rel }: Gaussians): Tolerance => ({
    abs: tolerance_abs ?? 0,
    rel: tolerance_rel,
  });
  it.each(file.frechet.filter((c) => 'mean_1' in c))('of the moments of $name', (c) => {
    const moments = ([mean, covariance]: string[]) => ({
      mean: fixtureValues(c[mean] as FixtureArray),
      covariance: fixtureValues(c[covariance] as FixtureArray),
    });
    const [a, b] = [moments(['mean_1', 'cov_1']), moments(['mean_2', 'cov_2'])];
    expectClose([frechetDistance(a, b)], [c.frechet_eigenvalues], within(c));
    expectClose([frechetDistance(b, a)], [c.frechet_eigenvalues], within(c));
  });

  it.each(file.frechet.filter((c) => tensors.has(`fid/${c.name}/a`)))('of the samples of $name', (c) => {
    const { a, b, dims } = pair(`fid/${c.name}/a`, `fid/${c.name}/b`);
    const distance = frechetDistance(featureMoments(a, dims), featureMoments(b, dims));
    expectClose([distance], [c.frechet_eigenvalues], within(c));
    const moments = featureMoments(a, dims);
    if ('mean_1' in c) {
      expectClose(moments.mean, fixtureValues(c.mean_1 as FixtureArray), { abs: 1e-9, rel: 1e-9 });
      expectClose(moments.covariance, fixtureValues(c.cov_1 as FixtureArray), { abs: 1e-9, rel: 1e-9 });
    }
    expectClose([frechetDistance(moments, moments)], [0], { abs: 1e-6 * (1 + c.frechet_eigenvalues) });
  });

  it('has every case', () => {
    expect(file.frechet.every((c) => 'mean_1' in c || tensors.has(`fid/${c.name}/a`))).toBe(true);
  });
});

it.each(file.kid)('KID of $name', (c) => {
  const { a, b, dims } = pair(`kid/${c.name}/a`, `kid/${c.name}/b`);
  const { degree, gamma, coef } = c;
  const actual = [
    kernelDistance(a, b, dims, { degree, gamma, coef }),
    kernelDistance(a, a, dims, { degree, gamma, coef }),
  ];
  expectClose(actual, [c.kid_unbiased, c.kid_same], { abs: c.tolerance_abs });
  if (degree === 3 && coef === 1 && gamma === 1 / dims) expect(kernelDistance(a, b, dims)).toBe(actual[0]);
});

it.each(file.precision_recall)('precision and recall of $name', (c) => {
  const { a, b, dims } = pair(`precision_recall/${c.name}/generated`, `precision_recall/${c.name}/real`);
  const { precision, recall } = precisionAndRecall(a, b, dims, { neighbours: c.neighbours });
  expectClose([precision, recall], [c.precision, c.recall], { abs: c.tolerance_abs });
});

describe('torchmetrics of label maps', () => {
  it.each(file.multiclass)('$name', (c) => {
    const { a, b } = pair(`classes/${c.name}/prediction`, `classes/${c.name}/reference`);
    const matrix = new ConfusionMatrix(c.classes, { ignoreIndex: c.ignore_index ?? undefined });
    matrix.add(b, a);
    expect([...matrix.counts]).toEqual([...arrayOf(c.confusion_matrix)]);
    expectClose(matrix.iou(), arrayOf(c.iou_per_class), tolerance);
    for (const score of ['f1', 'precision', 'recall'] as const) {
      expectClose(matrix[score](), arrayOf(c[`${score}_none`]), tolerance);
      expectClose([matrix.weightedMean(matrix[score]())], [Number(c[`${score}_weighted`])], tolerance);
      // Over all pixels together each of them is the accuracy.
      expectClose([matrix.accuracy()], [Number(c[`${score}_micro`])], tolerance);
    }
    const scalars: [string, number][] = [
      ['iou_macro', matrix.meanIou()],
      ['iou_micro', matrix.microIou()],
      ['iou_weighted', matrix.weightedMean(matrix.iou())],
      ['f1_macro', matrix.meanF1()],
      ['precision_macro', matrix.meanPrecision()],
      ['recall_macro', matrix.meanRecall()],
      ['accuracy_macro', matrix.meanRecall()],
      ['accuracy_micro', matrix.accuracy()],
      ['accuracy_weighted', matrix.weightedMean(matrix.recall())],
      ['cohen_kappa', matrix.kappa()],
    ];
    for (const [name, actual] of scalars) expectClose([actual], [Number(c[name])], tolerance);
  });
});

describe('torchmetrics of scores', () => {
  const scoreNames = { f1: 'f1', auroc: 'areaUnderRoc', average_precision: 'averagePrecision' } as const;
  const of = (kind: string) => file.scores.filter((c) => c.kind === kind);
  const inputs = (name: string) => pair(`scores/${name}/probability`, `scores/${name}/reference`);

  it.each(of('multiclass'))('$name', (c) => {
    const { a, b, dims } = inputs(c.name);
    const scores = new ClassScores(dims);
    const half = Math.floor(b.length / 2);
    scores.add(b.subarray(0, half), a.subarray(0, half * dims));
    scores.add(b.subarray(half), a.subarray(half * dims));
    for (const name of ['auroc', 'average_precision'] as const) {
      expectClose(scores.perClass(scoreNames[name]), arrayOf(c[`${name}_per_class`]), tolerance);
      expectClose([scores.average(scoreNames[name])], [Number(c[`${name}_macro`])], tolerance);
    }
    expectClose([scores.average('areaUnderRoc', 'weighted')], [Number(c.auroc_weighted)], tolerance);
    expectClose([scores.topK(1), scores.topK(2)], [Number(c.top1), Number(c.top2)], tolerance);
    expect(scores.topK(dims)).toBe(1);
  });

  it.each(of('multilabel'))('$name', (c) => {
    const { a, b, dims } = inputs(c.name);
    const metrics = new MultiLabelMetrics(dims, { threshold: Number(c.threshold) });
    metrics.add(b, a);
    for (const [name, score] of Object.entries(scoreNames) as [string, LabelScore][]) {
      expectClose(metrics.perLabel(score), arrayOf(c[`${name}_none`]), tolerance);
      for (const average of ['macro', 'micro', 'weighted'] as LabelAverage[]) {
        expectClose([metrics.average(score, average)], [Number(c[`${name}_${average}`])], tolerance);
      }
      const skipped = Number(c[`${name}_macro_labels_with_both_values_only`]);
      expectClose([metrics.average(score, 'macro', 'skip')], [skipped], tolerance);
    }
    expectClose([metrics.exactMatch()], [Number(c.exact_match)], tolerance);
  });

  it.each(of('binary'))('$name', (c) => {
    const { a, b } = inputs(c.name);
    const area = new AreaUnderRoc();
    area.add(b, a);
    expectClose(
      [area.value(), area.averagePrecision()],
      [c.auroc, c.average_precision].map(Number),
      tolerance,
    );
    for (const key of Object.keys(c).filter((key) => key.includes('_threshold_'))) {
      const [score, threshold] = key.split('_threshold_');
      const metrics = new BinaryMetrics({ threshold: Number(threshold) });
      metrics.add(b, a);
      expectClose([metrics[score as 'f1' | 'iou']()], [Number(c[key])], tolerance);
    }
  });

  it('has every case', () => {
    expect(file.scores.length).toBe(['multiclass', 'multilabel', 'binary'].flatMap(of).length);
  });
});

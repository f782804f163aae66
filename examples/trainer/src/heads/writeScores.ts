import path from 'node:path';
import {
  type ConfusionMatrix,
  confusionMatrixCsv,
  confusionMatrixSvg,
  type MultiLabelMetrics,
} from 'diffusion-ssl/metrics';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { svgToPng } from '../pictures/svgToPng.js';
import type { Scorer } from '../transfer/score.js';

/** Scores of a split, for people and programs. */
export interface SplitScores {
  [score: string]: number | Record<string, Record<string, number>>;
}

/** Writes the confusion matrix of a split as SVG, PNG and CSV, where there is one, and answers all scores. */
export async function writeScores(
  folder: string,
  split: string,
  { matrix, groups }: Pick<Scorer, 'matrix' | 'groups'>,
  names: readonly string[],
): Promise<SplitScores> {
  if (matrix) {
    const svg = confusionMatrixSvg(matrix, { classNames: names });
    const file = (ext: string) => path.join(folder, `confusion-${split}.${ext}`);
    await writeFileAtomic(file('csv'), confusionMatrixCsv(matrix, { classNames: names }));
    await writeFileAtomic(file('svg'), svg);
    await writeFileAtomic(file('png'), await svgToPng(svg));
    return matrixScores(matrix, names);
  }
  return groupScores(groups!, names);
}

function matrixScores(matrix: ConfusionMatrix, names: readonly string[]): SplitScores {
  const lists = {
    iou: matrix.iou(),
    f1: matrix.f1(),
    precision: matrix.precision(),
    recall: matrix.recall(),
  };
  const present = matrix.present();
  return {
    meanIou: matrix.meanIou(),
    accuracy: matrix.accuracy(),
    meanClassAccuracy: matrix.meanClassAccuracy(),
    kappa: matrix.kappa(),
    classes: perClass(
      names.filter((_, i) => present[i]),
      (name) => {
        const at = names.indexOf(name);
        return Object.fromEntries(
          Object.entries(lists).map(([score, values]) => [score, rounded(values[at])]),
        );
      },
    ),
  };
}

function groupScores(metrics: MultiLabelMetrics, names: readonly string[]): SplitScores {
  const lists = {
    averagePrecision: metrics.perLabel('averagePrecision'),
    areaUnderRoc: metrics.perLabel('areaUnderRoc'),
    f1: metrics.perLabel('f1'),
  };
  return {
    averagePrecision: metrics.average('averagePrecision', 'macro', 'skip'),
    areaUnderRoc: metrics.average('areaUnderRoc', 'macro', 'skip'),
    f1: metrics.average('f1', 'macro', 'skip'),
    exactMatch: metrics.exactMatch(),
    classes: perClass(names, (name) => {
      const at = names.indexOf(name);
      return Object.fromEntries(Object.entries(lists).map(([score, values]) => [score, rounded(values[at])]));
    }),
  };
}

function perClass(
  names: readonly string[],
  scoresOf: (name: string) => Record<string, number>,
): Record<string, Record<string, number>> {
  return Object.fromEntries(names.map((name) => [name, scoresOf(name)]));
}

const rounded = (value: number) => Math.round(value * 1e4) / 1e4;

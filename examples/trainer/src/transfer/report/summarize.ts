import { type PairedInterval, pairedInterval } from 'diffusion-ssl/metrics';
import type { Trial } from '../trialLog.js';

/** The trials of a method at one budget, over the seeds. */
export interface Cell {
  method: string;
  pretrained: boolean;
  budget: string;
  seeds: number[];
  /** Mean and standard deviation of the test scores; NaN of one. */
  mean: number;
  deviation: number;
  validation: number;
  seconds: number;
  scores: number[];
  /** What was chosen, and how often. */
  choices: [choice: string, times: number][];
}

/** The best method with pretraining against the best without, at one budget. */
export interface Comparison {
  budget: string;
  /** Both chosen by their mean validation score. */
  pretrained: string;
  other: string;
  gain: number;
  /** Of the gain by the other's score. */
  relative: number;
  /** Undefined of one seed. */
  interval?: PairedInterval;
}

/** Cells by budget and method, in the order in which they were first tried. */
export function summarize(trials: readonly Trial[], isPretrained: (method: string) => boolean): Cell[] {
  const groups = new Map<string, Trial[]>();
  for (const trial of [...trials].sort((a, b) => a.seed - b.seed)) {
    const key = JSON.stringify([trial.budget, trial.method]);
    groups.set(key, [...(groups.get(key) ?? []), trial]);
  }
  return [...groups.values()].map((group) => {
    const scores = group.map(({ test }) => test);
    const choices = new Map<string, number>();
    for (const { choice } of group) choices.set(choice, (choices.get(choice) ?? 0) + 1);
    return {
      method: group[0].method,
      pretrained: isPretrained(group[0].method),
      budget: group[0].budget,
      seeds: group.map(({ seed }) => seed),
      mean: mean(scores),
      deviation: Math.sqrt(sum(scores.map((score) => (score - mean(scores)) ** 2)) / (scores.length - 1)),
      validation: mean(group.map(({ validation }) => validation)),
      seconds: mean(group.map(({ seconds }) => seconds)),
      scores,
      choices: [...choices].sort((a, b) => b[1] - a[1]),
    };
  });
}

/** For each budget the gain of pretraining, where there are methods of both sorts with the same seeds. */
export function comparePretraining(cells: readonly Cell[]): Comparison[] {
  return [...new Set(cells.map(({ budget }) => budget))].flatMap((budget) => {
    const ofBudget = cells.filter((cell) => cell.budget === budget);
    const a = best(ofBudget.filter(({ pretrained }) => pretrained));
    const b = best(ofBudget.filter(({ pretrained }) => !pretrained));
    if (!a || !b || String(a.seeds) !== String(b.seeds)) return [];
    const gain = a.mean - b.mean;
    const interval = a.scores.length > 1 ? pairedInterval(a.scores, b.scores) : undefined;
    return [{ budget, pretrained: a.method, other: b.method, gain, relative: gain / b.mean, interval }];
  });
}

function best(cells: readonly Cell[]): Cell | undefined {
  return cells.reduce<Cell | undefined>((a, b) => (a && a.validation >= b.validation ? a : b), undefined);
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

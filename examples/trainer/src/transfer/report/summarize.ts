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
  /** Of a processor core, of one trial. */
  seconds: number;
  scores: number[];
  /** What was chosen, and how often. */
  choices: [choice: string, times: number][];
  /** Of what is trained by steps: the best validation score up to each check, mean over the seeds. */
  curve?: number[];
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
      curve: meanCurve(group.flatMap(({ curve }) => (curve ? [curve] : []))),
    };
  });
}

/** The mean of the best so far; a training that ended before others keeps its best. */
function meanCurve(curves: readonly (readonly number[])[]): number[] | undefined {
  if (curves.length === 0) return undefined;
  const checks = Math.max(...curves.map(({ length }) => length));
  return Array.from({ length: checks }, (_, i) =>
    mean(curves.map((curve) => Math.max(...curve.slice(0, i + 1)))),
  );
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

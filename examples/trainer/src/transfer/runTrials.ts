import type { Bench } from './Bench.js';
import { type Budget, budgetName } from './Budget.js';
import { drawLabels } from './drawLabels.js';
import type { Method } from './methods/Method.js';
import { type Trial, trialKey } from './trialLog.js';

/** What is tried. */
export interface TrialPlan {
  budgets: readonly Budget[];
  /** How many: 0 to one less. */
  seeds: number;
  methods: readonly Method[];
}

/** How many trials a plan has for a task. */
export function countTrials({ kind }: Bench['task'], { budgets, seeds, methods }: TrialPlan): number {
  return (
    seeds * budgets.flatMap((budget) => methods.filter(({ fits }) => fits?.(kind, budget) ?? true)).length
  );
}

/** Runs what of a plan is not among the finished trials, seed by seed, so that a stopped run has whole seeds. */
export async function runTrials(
  bench: Bench,
  { budgets, seeds, methods }: TrialPlan,
  log: { trials: readonly Trial[]; add(trial: Trial): Promise<void>; onTrial(trial: Trial): void },
): Promise<void> {
  const { kind } = bench.task;
  const done = new Set(log.trials.map(trialKey));
  for (let seed = 0; seed < seeds; seed++) {
    for (const budget of budgets) {
      const name = { task: kind, budget: budgetName(budget), seed };
      const left = methods.filter(
        (method) =>
          (method.fits?.(kind, budget) ?? true) && !done.has(trialKey({ ...name, method: method.name })),
      );
      if (left.length === 0) continue;
      const drawn = await drawLabels(bench.task, budget, seed);
      for (const method of left) {
        const start = performance.now();
        const outcome = await method.run(bench, drawn, seed);
        const seconds = Math.round((performance.now() - start) / 100) / 10;
        const trial: Trial = { ...name, method: method.name, ...outcome, seconds };
        await log.add(trial);
        log.onTrial(trial);
      }
    }
  }
}

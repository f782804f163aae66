import type { Bench } from './Bench.js';
import { type Budget, budgetName } from './Budget.js';
import { drawLabels } from './drawLabels.js';
import type { Method } from './methods/Method.js';
import { settingsOf } from './settingsOf.js';
import { type Trial, type TrialLog, trialKey } from './trialLog.js';

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
  log: TrialLog & { onTrial(trial: Trial): void },
): Promise<void> {
  const { kind } = bench.task;
  const done = new Set(log.trials.map(trialKey));
  const asked = methods.map((method) => ({ method, settings: settingsOf(bench, method) }));
  for (let seed = 0; seed < seeds; seed++) {
    for (const budget of budgets) {
      const name = { task: kind, budget: budgetName(budget), seed };
      const left = asked.filter(
        ({ method, settings }) =>
          (method.fits?.(kind, budget) ?? true) &&
          !done.has(trialKey({ ...name, method: method.name, settings })),
      );
      if (left.length === 0) continue;
      const drawn = await drawLabels(bench.task, budget, seed);
      for (const { method, settings } of left) {
        const start = process.cpuUsage();
        const outcome = await method.run(bench, drawn, seed);
        const { user, system } = process.cpuUsage(start);
        const seconds = Math.round((user + system) / 1e5) / 10;
        const trial: Trial = { ...name, method: method.name, settings, ...outcome, seconds };
        await log.add(trial);
        log.onTrial(trial);
      }
    }
  }
}

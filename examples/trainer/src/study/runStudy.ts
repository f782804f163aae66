import { createHash } from 'node:crypto';
import { type Budget, budgetName } from '../transfer/Budget.js';
import { drawLabels } from '../transfer/drawLabels.js';
import { type Trial, type TrialLog, trialKey } from '../transfer/trialLog.js';
import type { StudyMethod } from './StudyMethod.js';
import { type StudyBench, type StudyOutcome, studyTrial } from './studyTrial.js';

/** What is tried with a transformer. */
export interface StudyPlan {
  methods: readonly StudyMethod[];
  budgets: readonly Budget[];
  seeds: number;
  /** Fingerprint of the transformer's weights. */
  fingerprint: string;
  /** Test chips whose predictions are kept. */
  shown: readonly number[];
  /** Told of each trial that was run. */
  onTrial(trial: Trial, shown: StudyOutcome['shown']): Promise<void>;
}

/** Runs what of a plan is not among the finished trials, seed by seed; answers all of the plan. */
export async function runStudy(bench: StudyBench, plan: StudyPlan, log: TrialLog): Promise<Trial[]> {
  const { methods, budgets, seeds, shown, onTrial } = plan;
  const settings = new Map(methods.map((method) => [method.name, settingsOf(bench, method, plan)]));
  const done = new Map(log.trials.map((trial) => [trialKey(trial), trial]));
  const all: Trial[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    for (const budget of budgets) {
      const drawn = await drawLabels(bench.task, budget, seed);
      for (const method of methods) {
        const name = {
          ...{ task: 'segmentation', budget: budgetName(budget), seed, method: method.name },
          settings: settings.get(method.name)!,
        };
        const before = done.get(trialKey(name));
        if (before) {
          all.push(before);
          continue;
        }
        const start = process.cpuUsage();
        const { shown: pictures, ...outcome } = await studyTrial(bench, method, { drawn, seed, shown });
        const { user, system } = process.cpuUsage(start);
        const trial: Trial = { ...name, ...outcome, seconds: Math.round((user + system) / 1e5) / 10 };
        await onTrial(trial, pictures);
        await log.add(trial);
        all.push(trial);
      }
    }
  }
  return all;
}

/** Of all that a method's trials depend on besides labels and seed. */
function settingsOf(bench: StudyBench, method: StudyMethod, { fingerprint }: StudyPlan): string {
  const { task, settings, steps, batch, loss, model } = bench;
  // Of bands alone the transformer is no part; one that is made anew is known by its configuration.
  const { config } = model;
  const weights = { frozen: fingerprint, unfrozen: fingerprint, scratch: config, none: null }[
    method.start ?? 'none'
  ];
  const all = { task: task.fingerprint, method, settings, steps, batch, loss, weights };
  return createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 12);
}

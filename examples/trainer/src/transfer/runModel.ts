import { budgetName } from './Budget.js';
import type { Method } from './methods/Method.js';
import { METHODS } from './methods/methods.js';
import { type BenchOptions, openBench } from './openBench.js';
import { countTrials, runTrials, type TrialPlan } from './runTrials.js';
import { settingsOf } from './settingsOf.js';
import type { Trial, TrialLog } from './trialLog.js';

/**
 * Runs what is left of a plan with a pretrained network, and tells of it on the console.
 *
 * @returns All finished trials of these chips, this network and these options, also of methods and budgets that are not
 * in the plan.
 */
export async function runModel(options: BenchOptions, log: TrialLog, plan: TrialPlan): Promise<Trial[]> {
  const bench = await openBench(options);
  try {
    const { kind, sets } = bench.task;
    const settings = new Map(METHODS.map((method: Method) => [method.name, settingsOf(bench, method)]));
    const finished = () =>
      log.trials.filter(
        ({ task, seed, method, settings: own }) =>
          task === kind && seed < plan.seeds && own === settings.get(method),
      );
    const budgets = plan.budgets.map(budgetName);
    const before = finished().filter(
      ({ method, budget }) => budgets.includes(budget) && plan.methods.some(({ name }) => name === method),
    ).length;
    console.log(
      `${kind} with ${options.model}: ${sets.train.count} training, ${sets.validate.count} validation and ` +
        `${sets.test.count} test chips; ${countTrials(bench.task, plan)} trials, ${before} done before`,
    );
    let done = before;
    await runTrials(bench, plan, {
      ...log,
      onTrial: ({ budget, seed, method, validation, test, choice, seconds }) => {
        const scores = `validation ${validation.toFixed(3)}, test ${test.toFixed(3)}`;
        console.log(`${++done}: ${budget}, seed ${seed}, ${method}: ${scores}; ${choice}; ${seconds} s`);
      },
    });
    return finished();
  } finally {
    bench.close();
  }
}

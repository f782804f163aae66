import path from 'node:path';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { svgToPng } from '../../pictures/svgToPng.js';
import { budgetName, budgetOf, budgetsInOrder } from '../Budget.js';
import { SCORE_NAMES } from '../score.js';
import type { TaskKind } from '../Task.js';
import type { Trial } from '../trialLog.js';
import { comparePretraining } from './comparePretraining.js';
import { scorePlot } from './scorePlot.js';
import { summarize } from './summarize.js';
import { csvTable, markdownTables } from './tables.js';

/** What a report says of a task. */
export interface Reported {
  trials: readonly Trial[];
  /** Of other pretrained networks. */
  others?: readonly { model: string; trials: readonly Trial[] }[];
  /** Of the pretraining. */
  pretrainingMinutes?: number;
  /** In the order of the table, those with pretraining marked. */
  methods: readonly { name: string; pretrained: boolean }[];
}

/**
 * Writes the table of all trials of a task as Markdown and CSV, and a plot a kind of budget; answers the Markdown.
 */
export async function writeReport(
  folder: string,
  kind: TaskKind,
  { trials, methods, others = [], pretrainingMinutes }: Reported,
): Promise<string> {
  const rank = ({ method }: Trial) => methods.findIndex(({ name }) => name === method);
  const own = [...trials].sort((a, b) => rank(a) - rank(b));
  const isPretrained = (method: string) =>
    methods.some(({ name, pretrained }) => name === method && pretrained);
  const budgets = budgetsInOrder([...new Set(own.map(({ budget }) => budget))].map(budgetOf));
  const cells = summarize(own, isPretrained);
  const parts = {
    ...{ kind, budgets, cells, comparisons: comparePretraining(cells, budgets), pretrainingMinutes },
    others: others.map(({ model, trials }) => ({ model, cells: summarize(trials, isPretrained) })),
  };
  const text = markdownTables(parts);
  await writeFileAtomic(path.join(folder, `${kind}.md`), Buffer.from(text));
  await writeFileAtomic(path.join(folder, `${kind}.csv`), Buffer.from(csvTable(parts)));
  for (const unit of [...new Set(budgets.map((budget) => budget.kind))]) {
    const curves = [...new Set(cells.map(({ method }) => method))].map((method) => ({
      name: method,
      pretrained: isPretrained(method),
      points: budgets
        .filter((budget) => budget.kind === unit)
        .flatMap((budget) => {
          const cell = cells.find((one) => one.method === method && one.budget === budgetName(budget));
          return cell ? [{ amount: budget.amount, mean: cell.mean, deviation: cell.deviation }] : [];
        })
        .sort((a, b) => a.amount - b.amount),
    }));
    const shown = curves.filter(({ points }) => points.length > 0);
    if (shown.length === 0) continue;
    const seeds = Math.max(...own.map(({ seed }) => seed)) + 1;
    const svg = scorePlot({
      title: `${kind}: ${seeds} seed${seeds > 1 ? 's' : ''}`,
      xLabel: {
        chips: 'labelled chips',
        fraction: 'share of the chips that is labelled',
        points: 'points a class',
      }[unit],
      yLabel: `${SCORE_NAMES[kind]} on the test chips`,
      curves: shown,
    });
    await writeFileAtomic(path.join(folder, `${kind}-${unit}.svg`), Buffer.from(svg));
    await writeFileAtomic(path.join(folder, `${kind}-${unit}.png`), await svgToPng(svg));
  }
  return text;
}

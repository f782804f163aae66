import { type Budget, budgetName } from '../Budget.js';
import { SCORE_NAMES } from '../score.js';
import type { TaskKind } from '../Task.js';
import type { Comparison } from './comparePretraining.js';
import { labelsWorth } from './labelsWorth.js';
import type { Cell } from './summarize.js';

/** What a report is of. */
export interface ReportParts {
  kind: TaskKind;
  budgets: readonly Budget[];
  cells: readonly Cell[];
  comparisons: readonly Comparison[];
  /** Of the pretraining, where its run says so. */
  pretrainingMinutes?: number;
  /** The same methods on other pretrained networks. */
  others?: readonly { model: string; cells: readonly Cell[] }[];
}

/** The scores of a task, its comparisons and what was chosen, as Markdown. */
export function markdownTables(parts: ReportParts): string {
  const { kind, budgets, cells, pretrainingMinutes } = parts;
  const names = budgets.map(budgetName).filter((name) => cells.some(({ budget }) => budget === name));
  const methods = [...new Set(cells.map(({ method }) => method))];
  const lines = [
    `## ${kind}: ${SCORE_NAMES[kind]} on the test chips, mean ± standard deviation over seeds`,
    '',
    `| method | ${names.join(' | ')} | seconds of a core a trial |`,
    `|---|${names.map(() => '---|').join('')}---|`,
    ...methods.map((method) => {
      const own = cells.filter((cell) => cell.method === method);
      const shown = names.map((name) => scoreText(own.find(({ budget }) => budget === name)));
      const seconds = own.reduce((sum, cell) => sum + cell.seconds, 0) / own.length;
      const name = own[0].pretrained ? `**${method}**` : method;
      return `| ${name} | ${shown.join(' | ')} | ${seconds.toFixed(1)} |`;
    }),
    '',
    'Methods in bold use pretraining' +
      (pretrainingMinutes === undefined ? '.' : `, which took ${pretrainingMinutes.toFixed(1)} minutes.`),
    '',
    ...comparisonLines(parts),
    ...otherLines(parts),
    ...curveLines(cells),
    'Chosen on the validation labels (times):',
    '',
    ...cells.map(
      ({ method, budget, choices }) =>
        `- ${method}, ${budget}: ${choices.map(([choice, times]) => `${choice} (${times})`).join('; ')}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function scoreText(cell: Cell | undefined): string {
  if (!cell) return '–';
  const { mean, deviation } = cell;
  return Number.isFinite(deviation) ? `${mean.toFixed(3)} ± ${deviation.toFixed(3)}` : mean.toFixed(3);
}

function comparisonLines({ budgets, cells, comparisons }: ReportParts): string[] {
  if (comparisons.length === 0) return [];
  return [
    'The best with pretraining against the best without, both chosen by their validation scores:',
    '',
    '| labels | with | without | gain | relative | 95 % interval of the paired difference | ' +
      'labels for the same without |',
    '|---|---|---|---|---|---|---|',
    ...comparisons.map((comparison) => {
      const { gain, relative, interval } = comparison;
      const both = (all: readonly string[]) => [...new Set(all)].join(', ');
      const range = interval ? `${signed(interval.low)} to ${signed(interval.high)}` : '– (one seed)';
      const sides = `${both(comparison.pretrained)} | ${both(comparison.other)}`;
      const change = `${signed(gain)} | ${signed(100 * relative, 1)} % | ${range}`;
      const labels = comparison.budgets.length > 1 ? '–' : labelCost(comparison, { budgets, cells });
      return `| ${comparison.budgets.join(' and ')} | ${sides} | ${change} | ${labels} |`;
    }),
    '',
  ];
}

function labelCost(
  { budgets: [budget], pretrained: [pretrained], other: [other] }: Comparison,
  { budgets, cells }: Pick<ReportParts, 'budgets' | 'cells'>,
): string {
  const own = budgets.find((one) => budgetName(one) === budget)!;
  const curve = budgets
    .filter(({ kind }) => kind === own.kind)
    .flatMap((one) => {
      const cell = cells.find(({ method, budget }) => method === other && budget === budgetName(one));
      return cell ? [{ amount: one.amount, score: cell.mean }] : [];
    })
    .sort((a, b) => a.amount - b.amount);
  const reached = cells.find((cell) => cell.method === pretrained && cell.budget === budget)!.mean;
  const worth = labelsWorth(curve, reached);
  const name = (amount: number) => budgetName({ kind: own.kind, amount });
  if (worth === undefined) return `more than ${name(curve.at(-1)!.amount)}`;
  if (worth === curve[0].amount) return `at most ${name(worth)}`;
  return name(Number(worth.toPrecision(2)));
}

/** The same methods on other pretrained networks, beside the first. */
function otherLines({ cells, others = [] }: ReportParts): string[] {
  return others.flatMap(({ model, cells: own }) => {
    if (own.length === 0) return [];
    const first = (other: Cell) =>
      cells.find(({ method, budget }) => method === other.method && budget === other.budget);
    return [
      `Another pretraining, ${model}:`,
      '',
      '| method | labels | this one | the one above |',
      '|---|---|---|---|',
      ...own.map(
        (cell) => `| ${cell.method} | ${cell.budget} | ${scoreText(cell)} | ${scoreText(first(cell))} |`,
      ),
      '',
    ];
  });
}

/** How the validation scores rose in what is trained: whether more steps would have helped. */
function curveLines(cells: readonly Cell[]): string[] {
  const trained = cells.filter(({ curve }) => curve);
  if (trained.length === 0) return [];
  return [
    'Best validation score at each check of a training, mean over seeds; and how much of the last came in the last ' +
      'quarter of the checks:',
    '',
    '| method | labels | checks | last quarter |',
    '|---|---|---|---|',
    ...trained.map(({ method, budget, curve = [] }) => {
      const last = curve.at(-1)!;
      const before = curve[Math.max(0, Math.ceil(curve.length * 0.75) - 1)];
      const share = last > 0 ? `${((100 * (last - before)) / last).toFixed(1)} %` : '–';
      return `| ${method} | ${budget} | ${curve.map((score) => score.toFixed(3)).join(' ')} | ${share} |`;
    }),
    '',
  ];
}

/** Every trial's cell as CSV. */
export function csvTable({ kind, cells }: Pick<ReportParts, 'kind' | 'cells'>): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = cells.map(
    ({ method, pretrained, budget, seeds, mean, deviation, validation, scores, choices }) =>
      [
        kind,
        method,
        Number(pretrained),
        quoted(budget),
        seeds.length,
        mean,
        Number.isFinite(deviation) ? deviation : '',
        validation,
        quoted(scores.join(' ')),
        quoted(choices.map(([choice]) => choice).join(' | ')),
      ].join(','),
  );
  const header = 'task,method,pretrained,labels,seeds,mean,deviation,validation,scores,chosen';
  return `${[header, ...lines].join('\n')}\n`;
}

const signed = (value: number, digits = 3) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;

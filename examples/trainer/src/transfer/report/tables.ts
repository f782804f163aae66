import { type Budget, budgetName } from '../Budget.js';
import { SCORE_NAMES } from '../score.js';
import type { TaskKind } from '../Task.js';
import { labelsWorth } from './labelsWorth.js';
import type { Cell, Comparison } from './summarize.js';

/** What a report is of. */
export interface ReportParts {
  kind: TaskKind;
  budgets: readonly Budget[];
  cells: readonly Cell[];
  comparisons: readonly Comparison[];
}

/** The scores of a task, its comparisons and what was chosen, as Markdown. */
export function markdownTables({ kind, budgets, cells, comparisons }: ReportParts): string {
  const names = budgets.map(budgetName).filter((name) => cells.some(({ budget }) => budget === name));
  const methods = [...new Set(cells.map(({ method }) => method))];
  const find = (method: string, name: string) =>
    cells.find((cell) => cell.method === method && cell.budget === name);
  const lines = [
    `## ${kind}: ${SCORE_NAMES[kind]} on the test chips, mean ± standard deviation over seeds`,
    '',
    `| method | ${names.join(' | ')} | seconds a trial |`,
    `|---|${names.map(() => '---|').join('')}---|`,
    ...methods.map((method) => {
      const shown = names.map((name) => scoreText(find(method, name)));
      const own = cells.filter((cell) => cell.method === method);
      const seconds = own.reduce((sum, cell) => sum + cell.seconds, 0) / own.length;
      const name = own[0].pretrained ? `**${method}**` : method;
      return `| ${name} | ${shown.join(' | ')} | ${seconds.toFixed(1)} |`;
    }),
    '',
    'Methods in bold use pretraining.',
    '',
  ];
  if (comparisons.length > 0) {
    lines.push(
      'The best with pretraining against the best without, both chosen by their validation scores:',
      '',
      '| labels | with | without | gain | relative | 95 % interval of the paired difference | ' +
        'labels for the same without |',
      '|---|---|---|---|---|---|---|',
      ...comparisons.map((one) => comparisonLine(one, { budgets, cells })),
      '',
    );
  }
  lines.push('Chosen on the validation labels (times):', '');
  for (const { method, budget, choices } of cells) {
    lines.push(
      `- ${method}, ${budget}: ${choices.map(([choice, times]) => `${choice} (${times})`).join('; ')}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function scoreText(cell: Cell | undefined): string {
  if (!cell) return '–';
  const { mean, deviation } = cell;
  return Number.isFinite(deviation) ? `${mean.toFixed(3)} ± ${deviation.toFixed(3)}` : mean.toFixed(3);
}

function comparisonLine(
  { budget, pretrained, other, gain, relative, interval }: Comparison,
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
  const last = curve.at(-1)!.amount;
  const labels = worth === undefined ? `more than ${last}` : String(Number(worth.toPrecision(2)));
  const range = interval ? `${signed(interval.low)} to ${signed(interval.high)}` : '– (one seed)';
  const percent = `${signed(100 * relative, 1)} %`;
  return `| ${budget} | ${pretrained} | ${other} | ${signed(gain)} | ${percent} | ${range} | ${labels} |`;
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

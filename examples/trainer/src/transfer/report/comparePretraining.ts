import { type PairedInterval, pairedInterval } from 'diffusion-ssl/metrics';
import { type Budget, budgetName } from '../Budget.js';
import type { Cell } from './summarize.js';

/** The best method with pretraining against the best without, at a budget or at two taken together. */
export interface Comparison {
  budgets: string[];
  /** Both chosen by their mean validation score, at each budget. */
  pretrained: string[];
  other: string[];
  gain: number;
  /** Of the gain by the other's score. */
  relative: number;
  /** Undefined of one seed. */
  interval?: PairedInterval;
}

/** The two methods of a budget, and their test scores by seed. */
interface Pair {
  budget: Budget;
  a: Cell;
  b: Cell;
}

/**
 * The gain of pretraining, where there are methods of both sorts with the same seeds: at each budget, and at the
 * smallest two of a kind taken together.
 */
export function comparePretraining(cells: readonly Cell[], budgets: readonly Budget[]): Comparison[] {
  const pairs = budgets.flatMap((budget): Pair[] => {
    const ofBudget = cells.filter((cell) => cell.budget === budgetName(budget));
    const a = best(ofBudget.filter(({ pretrained }) => pretrained));
    const b = best(ofBudget.filter(({ pretrained }) => !pretrained));
    return a && b && String(a.seeds) === String(b.seeds) ? [{ budget, a, b }] : [];
  });
  return [...new Set(budgets.map(({ kind }) => kind))].flatMap((kind) => {
    const own = pairs
      .filter(({ budget }) => budget.kind === kind)
      .sort((one, other) => one.budget.amount - other.budget.amount);
    const smaller = own.slice(0, 2);
    const together = own.length > 2 && String(smaller[0].a.seeds) === String(smaller[1].a.seeds);
    return [...own.map((pair) => compare([pair])), ...(together ? [compare(smaller)] : [])];
  });
}

function compare(pairs: readonly Pair[]): Comparison {
  const scores = (side: 'a' | 'b') =>
    pairs[0][side].scores.map((_, i) => mean(pairs.map((pair) => pair[side].scores[i])));
  const [a, b] = [scores('a'), scores('b')];
  const gain = mean(a) - mean(b);
  return {
    budgets: pairs.map(({ budget }) => budgetName(budget)),
    pretrained: pairs.map((pair) => pair.a.method),
    other: pairs.map((pair) => pair.b.method),
    gain,
    relative: gain / mean(b),
    interval: a.length > 1 ? pairedInterval(a, b) : undefined,
  };
}

function best(cells: readonly Cell[]): Cell | undefined {
  return cells.reduce<Cell | undefined>((a, b) => (a && a.validation >= b.validation ? a : b), undefined);
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

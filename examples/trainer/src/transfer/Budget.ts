/** How many labels there are: of whole chips, of a share of them, or of single pixels of each class. */
export interface Budget {
  kind: 'chips' | 'fraction' | 'points';
  /** Chips, share of the training chips, or points a class. */
  amount: number;
}

/** How a budget is called, such as `14 chips`. */
export function budgetName({ kind, amount }: Budget): string {
  if (kind === 'fraction') return `${Number((100 * amount).toPrecision(12))} %`;
  return kind === 'chips' ? `${amount} chips` : `${amount} points`;
}

/** The budget of a name that {@link budgetName} gave. */
export function budgetOf(name: string): Budget {
  const [amount, unit] = name.split(' ');
  if (unit === '%') return { kind: 'fraction', amount: Number(amount) / 100 };
  return { kind: unit as 'chips' | 'points', amount: Number(amount) };
}

/** Kind by kind, from few labels to many. */
export function budgetsInOrder(budgets: readonly Budget[]): Budget[] {
  return [...budgets].sort((a, b) => a.kind.localeCompare(b.kind) || a.amount - b.amount);
}

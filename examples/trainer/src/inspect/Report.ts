/** What is in a file, and what would go wrong with it. */
export interface Report {
  /** What it is, in a line. */
  title: string;
  /** What is in it: a name and a value each. */
  facts: [name: string, value: string][];
  /** What would go wrong, or is worth knowing before a run: a sentence each. */
  warnings: string[];
}

/** A report as text: the facts in two columns, then the warnings. */
export function reportText({ title, facts, warnings }: Report): string {
  const width = Math.max(...facts.map(([name]) => name.length), 0);
  const lines = facts.map(
    ([name, value]) => `  ${name.padEnd(width)}  ${value.replaceAll('\n', `\n${' '.repeat(width + 4)}`)}`,
  );
  return [title, ...lines, ...warnings.map((warning) => `! ${warning}`)].join('\n');
}

/** An integer as it is, another number with four digits that count. */
export function shortNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

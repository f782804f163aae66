/**
 * The size gate: importing one public function, from its folder or from the root, stays within its budget
 * of sizeBudgets.json (bytes, minified, peers left out). Needs an up-to-date build in dist/.
 */

import { finish } from './lib/finish.js';
import { measureSize } from './lib/measureSize.js';
import { exportedNames, publicEntries } from './lib/publicEntries.js';
import budgets from './sizeBudgets.json' with { type: 'json' };

const exceptions: Record<string, number> = budgets.exceptions;
const aloneWithPeers: Record<string, number> = budgets.aloneWithPeers;
const problems: string[] = [];
const seen = new Set<string>();
let largest = { name: '', minified: 0 };
let measured = 0;

async function gate(specifier: string, name: string, budget: number, withPeers: boolean): Promise<void> {
  const { minified } = await measureSize(specifier, name, withPeers);
  measured++;
  if (minified > largest.minified) largest = { name, minified };
  if (minified > budget) {
    const what = withPeers ? ' with the peers it draws in' : '';
    problems.push(`${name} from ${specifier}: ${minified} bytes${what}, budget ${budget}`);
  }
}

for (const { specifier, file } of publicEntries) {
  for (const name of await exportedNames(file)) {
    seen.add(name);
    await gate(specifier, name, exceptions[name] ?? budgets.default, false);
    if (name in aloneWithPeers) await gate(specifier, name, aloneWithPeers[name], true);
  }
}
for (const name of [...Object.keys(exceptions), ...Object.keys(aloneWithPeers)]) {
  if (!seen.has(name)) problems.push(`scripts/sizeBudgets.json names ${name}, which nothing exports`);
}

finish(
  problems,
  `${measured} imports of one function each, the largest ${largest.name} (${largest.minified} bytes)`,
);

import type { BenchRow } from '../../bench/BenchRow.js';
import { formatRows } from '../../bench/formatRows.js';
import type { TestCounts } from '../lib/readTestReport.js';
import type { Verdict } from './classifyAdapter.js';
import type { Machine } from './describeMachine.js';
import type { Python } from './describePython.js';

/** What became of a part. */
export interface PartRecord {
  name: string;
  status: 'done' | 'failed' | 'out of time' | 'not begun';
  seconds: number;
  note: string;
}

/** All that a run found. */
export interface Findings {
  date: string;
  dryRun: boolean;
  /** Of the tree, and what of it does not fit the pack. */
  tree: string;
  machine: Machine;
  python: Python;
  verdict: Verdict;
  parts: PartRecord[];
  tests: Record<string, TestCounts>;
  training: BenchRow[];
  sampling: BenchRow[];
}

/** The findings as a page. */
export function summarize(findings: Findings): string {
  const { machine, python, verdict, parts, tests } = findings;
  const { card, versions } = machine;
  const torch =
    'missing' in python
      ? `no PyTorch (${python.missing})`
      : `PyTorch ${python.torch}, cuDNN ${python.cudnn ?? 'unused'}`;
  const rows = (title: string, list: readonly BenchRow[]) =>
    list.length === 0 ? [] : [`## ${title}`, '', '```text', ...networks(list), '```', ''];
  const failures = Object.entries(tests).flatMap(([suite, counts]) =>
    counts.failures.map((failure) => `- ${suite}: ${failure.slice(0, 500).replaceAll('\n', ' ')}`),
  );
  return [
    `# ${findings.dryRun ? 'Dry run' : 'On a graphics processor'}, ${findings.date}`,
    '',
    card
      ? `- Card: ${card.name}, driver ${card.driver_version}, ${card['memory.total']}`
      : '- Card: none that nvidia-smi knows',
    `- WebGPU: ${verdict.kind}: ${verdict.text}`,
    `- Machine: ${machine.processor}, ${machine.cores} cores, ${machine.system}`,
    `- Versions: Node ${versions.node}, ${versions.dawn}, TensorFlow.js ${versions.tfjs}, ${torch}`,
    `- Tree: ${findings.tree}`,
    '',
    '| part | | seconds | |',
    '|---|---|---|---|',
    ...parts.map(
      ({ name, status, seconds, note }) => `| ${name} | ${status} | ${seconds.toFixed(1)} | ${note} |`,
    ),
    '',
    ...rows('Training step', findings.training),
    ...rows('Step of the sampler', findings.sampling),
    ...(failures.length > 0 ? ['## Failed tests', '', ...failures, ''] : []),
  ].join('\n');
}

/** The tables of all networks, one after the other. */
function networks(rows: readonly BenchRow[]): string[] {
  return [...new Set(rows.map(({ network }) => network))].flatMap((network) => {
    const own = rows.filter((row) => row.network === network);
    return [network, ...formatRows(own).map((line) => `  ${line}`)];
  });
}

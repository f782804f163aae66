import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib/root.js';

/** A row of the table of layouts that are refused. */
export interface RefusedLayout {
  /** As the message names it; `…` stands for what varies. */
  layout: string;
  matches(message: string): boolean;
}

const HEADING = '| the message says | why |';

/** The layouts that docs/reliability.md says are refused. */
export function refusedLayouts(): RefusedLayout[] {
  const lines = readFileSync(path.join(root, 'docs/reliability.md'), 'utf8').split('\n');
  const start = lines.indexOf(HEADING);
  if (start < 0) throw new Error(`docs/reliability.md has no table '${HEADING}'`);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return (end < 0 ? rows : rows.slice(0, end)).map((line) => {
    const layout = /^\| `([^`]+)` \| \S/.exec(line)?.[1];
    if (!layout) throw new Error(`docs/reliability.md: a row without a layout and its reason: ${line}`);
    const parts = layout.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const pattern = new RegExp(`its layout is not supported: ${parts.join('.*')}\\. Convert it by`);
    return { layout, matches: (message) => pattern.test(message) };
  });
}

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { rows } from '../../scripts/importRules.js';
import { manifest } from '../../scripts/lib/publicEntries.js';
import { root } from '../../scripts/lib/root.js';

const read = (page: string) => readFileSync(path.join(root, page), 'utf8');
const codeWords = (text: string) => [...text.matchAll(/`([\w/]+)`/g)].map(([, word]) => word);

/** Rows of the table whose header begins so: the code words of the first cell, and of the last. */
function tableOf(page: string, header: string): { first: string[]; last: string[] }[] {
  const lines = read(page).split('\n');
  const start = lines.findIndex((line) => line.startsWith(header));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) => {
    const cells = line.split('|').slice(1, -1);
    return { first: codeWords(cells[0]), last: codeWords(cells.at(-1)!) };
  });
}

it("README's table has every entry of the package, and its functions are exported there", async () => {
  const table = tableOf('README.md', '| import from');
  const entries = Object.keys(manifest.exports)
    .filter((subpath) => subpath !== '.' && subpath !== './package.json')
    .map((subpath) => subpath.slice(2));
  expect(table.flatMap(({ first }) => first).sort()).toEqual(entries.sort());
  for (const { first, last } of table) {
    expect(last.length, first.join()).toBeGreaterThan(0);
    for (const entry of first) {
      const exported: Record<string, unknown> = await import(path.join(root, 'src', entry, 'index.ts'));
      for (const name of last) expect(exported, `${entry}: ${name}`).toHaveProperty(name);
    }
  }
});

it('the table of rooms has every folder, from the bottom up as the import rules have them', () => {
  const table = tableOf('docs/architecture.md', '| folder | what lives there');
  const rooms = table.flatMap(({ first }) => first.map((folder) => folder.replace(/\/$/, '')));
  const folders = rows.flat().map(({ folder }) => folder);
  expect(rooms.filter((room) => !folders.includes(room))).toEqual([]);
  const rankOf = (room: string) => rows.findIndex((row) => row.some(({ folder }) => folder === room));
  const ranks = rooms.map(rankOf);
  expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
  expect(folders.filter((folder) => !rooms.includes(folder))).toEqual([]);
});

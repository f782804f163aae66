/** Prints what importing each public function or class alone costs a bundle, from its subpath and from the root. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureSize } from '../scripts/lib/measureSize.js';
import { manifest, publicEntries } from '../scripts/lib/publicEntries.js';

interface SizeRow {
  entry: string;
  name: string;
  minified: number;
  gzipped: number;
}

const { values } = parseArgs({ options: { json: { type: 'string' } } });

const rows: SizeRow[] = [];
for (const { specifier, file } of publicEntries) {
  const members = Object.entries((await import(file)) as Record<string, unknown>);
  for (const [name] of members.filter(([, member]) => typeof member === 'function')) {
    rows.push({ entry: specifier, name, ...(await measureSize(specifier, name)) });
  }
}

const fromRoot = new Map(rows.filter(({ entry }) => entry === manifest.name).map((row) => [row.name, row]));
const print = (entry: string, name: string, ...bytes: unknown[]) =>
  console.log(entry.padEnd(30) + name.padEnd(32) + bytes.map((cell) => String(cell).padStart(11)).join(''));
print('import from', 'function', 'minified', 'gzipped', 'root', 'gzipped');
for (const { entry, name, minified, gzipped } of rows.filter((row) => row.entry !== manifest.name)) {
  const root = fromRoot.get(name);
  print(entry, name, minified, gzipped, root?.minified ?? '-', root?.gzipped ?? '-');
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);

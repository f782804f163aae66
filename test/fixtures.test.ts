import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** The paths of all files below a folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
}

/** The file names in a text's string literals, `${…}` as it stands. */
const namesIn = (text: string) =>
  [...text.matchAll(/['"`]([\w/.-]*(?:\$\{\w+\}[\w/.-]*)*\.(?:json|safetensors|tif|csv|txt))['"`]/g)].map(
    ([, name]) => name,
  );

it('every fixture is named in a test, or in a list that is', () => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  // The project's own: a folder named by FIXTURES may hold families that no test knows yet.
  const fixturesFolder = path.join(folder, 'fixtures');
  const tests = filesIn(folder).filter((name) => name.endsWith('.ts'));
  const inTests = tests.flatMap((name) => namesIn(readFileSync(path.join(folder, name), 'utf8')));
  // Files about the fixtures, which hold no cases.
  const about = ['README.md', 'manifest.json', 'known_defects.json'];
  const fixtures = filesIn(fixturesFolder).filter((name) => !about.includes(name));
  const isNamed = (fixture: string) =>
    inTests.some((name) => {
      const parts = name.split(/\$\{\w+\}/);
      if (parts.length > 1 && !parts[0].includes('/')) return false;
      return new RegExp(`^${parts.join('.+')}$`).test(fixture);
    });
  const inLists = fixtures
    .filter((name) => name.endsWith('.json') && isNamed(name))
    .flatMap((list) => {
      const names = namesIn(readFileSync(path.join(fixturesFolder, list), 'utf8'));
      return names.flatMap((name) => [name, path.posix.join(path.posix.dirname(list), name)]);
    });
  expect(fixtures.length).toBeGreaterThan(40);
  expect(fixtures.filter((name) => !isNamed(name) && !inLists.includes(name))).toEqual([]);
});

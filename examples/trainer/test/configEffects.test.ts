import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { root } from '../../../scripts/lib/root.js';
import { parseConfig } from '../src/config/parseConfig.js';
import { schemaKeys } from '../src/config/tutorialSchema.js';

const folder = path.dirname(fileURLToPath(import.meta.url));

/** The keys that begin the titles of the tests beside this one: `it('T_max, eta_min: …')`. */
const shown = readdirSync(folder)
  .filter((name) => /^configEffects.+\.test\.ts$/.test(name))
  .flatMap((name) => [
    ...readFileSync(path.join(folder, name), 'utf8').matchAll(/\bit(?:\.each\([^)]*\))?\(\s*'([\w., ]+): /g),
  ])
  .flatMap(([, keys]) => keys.split(', '));

it("each of the tutorial's keys and of ours has a test that shows its effect", () => {
  const { length } = Object.keys(
    parseConfig(readFileSync(path.join(root, 'examples/ssl_train.yaml'), 'utf8'), '').config,
  );
  expect(length).toBeGreaterThan(50);
  // A block takes effect by the keys in it.
  const isBlock = (key: string) => schemaKeys.some((other) => other.path.startsWith(`${key}.`));
  const keys = schemaKeys.map((key) => key.path).filter((key) => !isBlock(key));
  expect(keys.length).toBeGreaterThan(length);
  expect(keys.filter((key) => !shown.includes(key))).toEqual([]);
  expect(shown.filter((key) => !keys.includes(key))).toEqual([]);
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { configSchemaJson } from '../../scripts/lib/configSchemaJson.js';
import { configTables } from '../../scripts/lib/configTables.js';
import { root } from '../../scripts/lib/root.js';
import { withTables } from '../../scripts/lib/withTables.js';

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

it('has the JSON schema that the keys say: else run npm run docs:config', () => {
  expect(read('docs/ssl-train.schema.json')).toBe(configSchemaJson());
});

it('has the tables that the keys say: else run npm run docs:config', () => {
  const page = read('docs/configuration.md');
  expect(page).toBe(withTables(page, configTables()));
});

it('refuses a page without the marks', () => {
  expect(() => withTables('# A page', 'table')).toThrow(/lacks the marks/);
});

it('shows defaults, ranges and words of keys that are converted', () => {
  const schema = JSON.parse(configSchemaJson());
  const { train_batch, scheduler, optimizer, diffusion } = schema.properties.Train_Validate.properties;
  expect(train_batch).toEqual({ description: 'Chips a batch.', type: 'integer', minimum: 1, default: 40 });
  expect(scheduler.default).toBe('cosinewarm');
  expect(optimizer.enum).toContain('radam');
  expect(diffusion.properties.beta_end).toMatchObject({ default: 0.02, minimum: 0, maximum: 1 });
  expect(diffusion.additionalProperties).toBe(false);
  expect(JSON.stringify(schema)).not.toContain('"accepted"');
});

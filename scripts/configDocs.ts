/** Writes the JSON schema of the configuration file and the tables of `docs/configuration.md`. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { configSchemaJson } from './lib/configSchemaJson.js';
import { configTables } from './lib/configTables.js';
import { root } from './lib/root.js';
import { withTables } from './lib/withTables.js';

const page = path.join(root, 'docs/configuration.md');
writeFileSync(path.join(root, 'docs/ssl-train.schema.json'), configSchemaJson());
writeFileSync(page, withTables(readFileSync(page, 'utf8'), configTables()));

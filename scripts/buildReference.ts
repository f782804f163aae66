/**
 * Writes the reference with typedoc to docs/api, or to `--out FOLDER`, and fails where a page has a parameter without a
 * name.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { finish } from './lib/finish.js';
import { listFiles, root } from './lib/root.js';
import { runCommand } from './lib/runCommand.js';

const { values: options } = parseArgs({ options: { out: { type: 'string', default: 'docs/api' } } });
const typedoc = path.join(root, 'node_modules/typedoc/bin/typedoc');
runCommand(process.execPath, [typedoc, '--out', options.out], root);
const pages = listFiles(path.relative(root, options.out), '.html');
// What typedoc calls a parameter that is taken apart in the signature and has no @param.
const nameless = pages.filter((page) =>
  readFileSync(path.join(root, page), 'utf8').includes('__namedParameters'),
);
finish(
  nameless.map((page) => `${page}: a parameter is called __namedParameters; name it by @param`),
  `${pages.length} pages in ${options.out}`,
);

/** Checks that no line of the tracked text files is too long to be read; data and what programs write are left out. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { finish } from './lib/finish.js';
import { longLines } from './lib/longLines.js';
import { root } from './lib/root.js';
import { runCommand } from './lib/runCommand.js';

const data = /\.json$|^test\/fixtures\//;

const files = runCommand('git', ['ls-files', '-z'], root)
  .split('\0')
  .filter((file) => file !== '' && !data.test(file));
const problems = files.flatMap((file) => {
  const bytes = readFileSync(path.join(root, file));
  return bytes.includes(0) ? [] : longLines(file, bytes.toString());
});
finish(problems, `${files.length} files`);

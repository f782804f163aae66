/**
 * Everything but the tests: runs the scripts below in order, one line of result each. A failing one prints all it has
 * to say; the others still run, except that nothing after a failed build could be trusted. `--except NAME` leaves one
 * out.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { root } from './lib/root.js';

const { values: options } = parseArgs({
  options: { except: { type: 'string', multiple: true, default: [] } },
});

const scripts = [
  'lint',
  'typecheck',
  'check:imports',
  'build',
  'check:size',
  'check:snippets',
  'docs',
  'check:package',
  'check:trainer',
].filter((script) => !options.except.includes(script));

/** What a script says when it succeeds, if that is one line. */
function resultOf(output: string): string {
  const text = stripVTControlCharacters(output).trim();
  return text.includes('\n') ? '' : text;
}

const failed: string[] = [];
for (const script of scripts) {
  const start = performance.now();
  const { status, stdout, stderr, error } = spawnSync('npm', ['run', '--silent', script], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  if (status === 0) {
    const result = resultOf(stdout);
    console.log(`ok    ${script.padEnd(15)} ${seconds.padStart(7)}  ${result}`);
    continue;
  }
  failed.push(script);
  console.log(`FAIL  ${script.padEnd(15)} ${seconds.padStart(7)}`);
  console.log(stripVTControlCharacters(`${stdout}${stderr}${error ? error.message : ''}`));
  if (script === 'build') break;
}

if (failed.length > 0) {
  console.log(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}

/**
 * Everything but the tests: runs the scripts below in order, one line of result each. A failing one prints
 * all it has to say; the others still run, except that nothing after a failed build could be trusted.
 */
import { spawnSync } from 'node:child_process';
import { root } from './lib/root.js';

const scripts = [
  'lint',
  'typecheck',
  'check:imports',
  'build',
  'check:package',
  'check:publint',
  'check:types',
  'check:size',
  'check:snippets',
  'docs',
];

const failed: string[] = [];
for (const script of scripts) {
  const start = performance.now();
  const { status, stdout, stderr, error } = spawnSync('npm', ['run', '--silent', script], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  if (status === 0) {
    const result = script.startsWith('check:') ? (stdout.trim().split('\n').at(-1) ?? '') : '';
    console.log(`ok    ${script.padEnd(15)} ${seconds.padStart(7)}  ${result}`);
    continue;
  }
  failed.push(script);
  console.log(`FAIL  ${script.padEnd(15)} ${seconds.padStart(7)}`);
  console.log(`${stdout}${stderr}${error ? error.message : ''}`);
  if (script === 'build') break;
}

if (failed.length > 0) {
  console.log(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}

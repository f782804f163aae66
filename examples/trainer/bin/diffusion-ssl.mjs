#!/usr/bin/env node
// The published package holds dist/. A clone holds the sources, which Node runs by tsx on an up-to-date build of the
// library.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';

const clone = new URL('../../../', import.meta.url);

/** When the newest file of a folder of the clone was changed; 0 without the folder. */
function changedAt(folder) {
  const at = new URL(folder, clone);
  if (!existsSync(at)) return 0;
  return Math.max(...readdirSync(at, { recursive: true }).map((name) => statSync(new URL(name, at)).mtimeMs));
}

const main = new URL('../src/main.ts', import.meta.url);
if (existsSync(main)) {
  if (changedAt('dist/') < changedAt('src/')) {
    const stdio = ['ignore', 2, 2];
    const build = spawnSync('npm', ['run', '--silent', 'build:js'], { cwd: clone, stdio, shell: true });
    if (build.status !== 0) process.exit(build.status ?? 1);
  }
  await import('../../tsx.mjs');
  await import(main.href);
} else {
  await import('../dist/main.js');
}

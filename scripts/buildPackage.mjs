/**
 * Builds what the package ships, types included, where npm is about to pack it: `prepack`, before `npm pack` and
 * `npm publish`, whatever dist/ holds; and `prepare`, for an install from git. npm also calls `prepare` after `npm ci`
 * in a clone: nothing is done then, since tests and training build what they need. Plain JavaScript, because it may run
 * before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
/**
 * Where the user has called npm: outside of this folder if it is installed from git, which npm clones into its cache.
 */
const calledFrom = process.env.INIT_CWD ?? root;
const isOutside = path.relative(root, calledFrom).startsWith('..');

/** What npm prints of it goes to stderr: stdout is for the name of the tarball. */
function npm(...args) {
  const { status } = spawnSync('npm', args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}

const packs = process.env.npm_lifecycle_event === 'prepack';
if (packs || (isOutside && !existsSync(path.join(root, 'dist/index.d.ts')))) {
  if (!existsSync(path.join(root, 'node_modules/tsup'))) npm('ci', '--dry-run=false');
  npm('run', 'build');
}

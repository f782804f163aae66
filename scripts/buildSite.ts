/** Builds what GitHub Pages serves, in site/: the page of examples/browser, and the reference under reference/. */
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root } from './lib/root.js';
import { runCommand } from './lib/runCommand.js';

const site = path.join(root, 'site');
rmSync(site, { recursive: true, force: true });
runCommand('npm', ['run', '--silent', 'build:page'], root);
cpSync(path.join(root, 'examples/browser/dist'), site, { recursive: true });
console.log(runCommand('npm', ['run', '--silent', 'docs', '--', '--out', 'site/reference'], root).trim());

import { spawnSync } from 'node:child_process';
import { chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../../scripts/lib/root.js';

let app: string;

/** The folder of the image, with a program in the trainer's place that says how it was started. */
beforeAll(() => {
  app = mkdtempSync(path.join(tmpdir(), 'container-'));
  for (const folder of ['docker', 'examples/trainer/bin', 'work_dir']) {
    mkdirSync(path.join(app, folder), { recursive: true });
  }
  copyFileSync(path.join(root, 'docker/entrypoint.sh'), path.join(app, 'docker/entrypoint.sh'));
  writeFileSync(
    path.join(app, 'examples/trainer/bin/diffusion-ssl.mjs'),
    'console.log(JSON.stringify([process.cwd(), process.getuid(), process.getgid(), ...process.argv.slice(2)]));',
  );
  spawnSync('chmod', ['-R', 'a+rX', app]);
});
afterAll(() => rmSync(app, { recursive: true, force: true }));

function start(...args: string[]): unknown {
  const { stdout, stderr } = spawnSync(path.join(app, 'docker/entrypoint.sh'), args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

it('pretrains where only options are given, and takes any other command', () => {
  const self = [app, process.getuid?.(), process.getgid?.()];
  expect(start('--config', 'configs/a b.yaml')).toEqual([
    ...self,
    'pretrain',
    '--config',
    'configs/a b.yaml',
  ]);
  expect(start()).toEqual([...self, 'pretrain']);
  expect(start('resume', 'work_dir/a')).toEqual([...self, 'resume', 'work_dir/a']);
});

it.runIf(process.getuid?.() === 0)('writes as the owner of work_dir where it is started as root', () => {
  chownSync(path.join(app, 'work_dir'), 4321, 8765);
  expect(start()).toEqual([app, 4321, 8765, 'pretrain']);
});

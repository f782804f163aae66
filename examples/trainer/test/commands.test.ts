import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../../../scripts/lib/root.js';

function diffusionSsl(...args: string[]) {
  const program = ['--import', 'tsx', path.join(root, 'examples/trainer/src/main.ts'), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { cwd: root, encoding: 'utf8' });
  return { status, stdout, stderr };
}

it('lists the commands', () => {
  const { status, stdout } = diffusionSsl('--help');
  expect(stdout).toMatch(/ pretrain .* resume /s);
  expect(status).toBe(0);
});

it('says which command was meant', () => {
  const { status, stderr } = diffusionSsl('pretrian');
  expect(stderr).toMatch(/unknown command 'pretrian'\s+\(Did you mean pretrain\?\)/);
  expect(status).toBe(1);
});

it('resumes a run by its folder alone', () => {
  const { status, stderr } = diffusionSsl('resume', 'runs/none');
  expect(stderr).toContain('there is no run to resume in runs/none');
  expect(status).toBe(1);
  expect(diffusionSsl('resume').stderr).toContain('diffusion-ssl resume RUN');
  expect(diffusionSsl('resume', '--epochs', '2').stderr).toContain('the folder of the run first');
});

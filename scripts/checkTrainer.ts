/**
 * Tries the packed trainer as its users do: its tarball and the library's in an empty folder, then each command by npx.
 * `--tarball FILE` and `--trainer FILE` take tarballs; otherwise both are packed, the library from the build in dist/.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { writeChips } from '../test/support/chips.js';
import { ConsumerProject } from './lib/ConsumerProject.js';
import { finish } from './lib/finish.js';
import { root } from './lib/root.js';
import { runCommand } from './lib/runCommand.js';

const { values: options } = parseArgs({
  options: { tarball: { type: 'string' }, trainer: { type: 'string' } },
});
const project = new ConsumerProject(options.tarball);
const problems: string[] = [];
const TRAINING = [
  '--size',
  '32',
  '--epochs',
  '1',
  '--batch',
  '4',
  '--filter-config',
  '[4,4,8,8,8,8]',
  '--block-num',
  '[1,1,1,1,1,1]',
];

function packTrainer(): string {
  const name = runCommand(
    'npm',
    ['pack', '--silent', '-w', 'examples/trainer', '--pack-destination', project.folder],
    root,
  );
  return project.path(name.trim());
}

/** Runs the trainer by npx and complains unless what it says, or how it fails, is as expected. */
function expectOutput(expected: RegExp, ...args: readonly string[]): void {
  let output: string;
  try {
    output = runCommand('npx', ['--no', '--', 'diffusion-ssl', ...args], project.folder);
  } catch (error) {
    output = (error as Error).message;
  }
  if (!expected.test(output))
    problems.push(`diffusion-ssl ${args.join(' ')} says, instead of ${expected}:\n${output}`);
}

try {
  project.install(project.tarball, options.trainer ? path.resolve(options.trainer) : packTrainer());
  writeChips(project.path('chips'), { train: 8, validate: 4 });
  const chips = [
    '--data',
    'chips',
    '--catalog',
    'chips/catalog.csv',
    '--image-columns',
    'optical,radar',
    ...TRAINING,
    '--out',
    'run',
  ];
  expectOutput(/Commands:\n +pretrain /, '--help');
  expectOutput(/--learning-rate/, 'pretrain', '--help');
  expectOutput(/npm install three-globe/, 'pretrain', ...TRAINING, '--out', 'none');
  if (existsSync(project.path('none'))) problems.push('a run that could not begin left its folder');
  expectOutput(/validation loss \d\.\d+, .*; see run/, 'pretrain', ...chips);
  expectOutput(/resuming run at step 2.*validation loss \d\.\d+/s, 'resume', 'run', '--epochs', '2');
  expectOutput(
    /2 images of 32 × 32 in drawn/,
    'sample',
    'run',
    '--count',
    '2',
    '--steps',
    '4',
    '--out',
    'drawn',
  );
  expectOutput(/run: a model, unetAttD/, 'inspect', 'run', 'run/latest.safetensors', 'chips/optical/0.tif');
} finally {
  project.remove();
}

finish(
  problems,
  'both tarballs install in an empty folder, and the trainer trains, resumes, samples and inspects there',
);

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { writeChips } from '../../../test/support/chips.js';
import { checkpointFile } from '../src/checkpoint/checkpointNames.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { runHook } from '../src/hooks/runHook.js';
import { pretrain } from '../src/run/pretrain.js';

let folder: string;
let warnings: string[];
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hooks-'));
  warnings = [];
  vi.spyOn(console, 'warn').mockImplementation((line: string) => void warnings.push(line));
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

it('says how a command of the user has failed, and goes on', async () => {
  const failures = [];
  for (const command of ['exit 3', 'kill -9 $$', 'true'])
    failures.push(await runHook('--on-epoch', command, {}));
  expect(failures).toEqual([
    "--on-epoch: 'exit 3' ended with exit status 3.",
    "--on-epoch: 'kill -9 $$' ended with SIGKILL.",
    undefined,
  ]);
});

it('tells of a checkpoint in several files its index', () => {
  writeFileSync(path.join(folder, 'latest.safetensors.index.json'), '{}');
  expect(checkpointFile(folder, 'latest.safetensors')).toBe(
    path.join(folder, 'latest.safetensors.index.json'),
  );
  expect(checkpointFile(folder, 'best.safetensors')).toBe(path.join(folder, 'best.safetensors'));
});

it('runs commands after epochs and checkpoints, which know where the run stands', async () => {
  const catalog = writeChips(path.join(folder, 'chips'), { train: 8, validate: 4 });
  const log = path.join(folder, 'log');
  const out = path.join(folder, 'run');
  const flags = [
    '--data',
    path.dirname(catalog),
    '--catalog',
    catalog,
    '--image-columns',
    'optical,radar',
    '--out',
    out,
  ];
  const network = ['--size', '32', '--filter-config', '4,4,8,8,8,8', '--block-num', '1,1,1,1,1,1'];
  const training = ['--epochs', '2', '--batch', '4', '--timesteps', '20', '--workers', '0'];
  const variable = (name: string) => `$DIFFUSION_SSL_${name}`;
  const commands = [
    ...[
      '--on-epoch',
      `echo epoch ${['EPOCH', 'STEP', 'RUN', 'VALIDATION_LOSS'].map(variable).join(' ')} >> ${log}`,
    ],
    ...['--on-checkpoint', `echo ${['EPOCH', 'STEP', 'CHECKPOINT'].map(variable).join(' ')} >> ${log}`],
  ];
  await pretrain(parsePretrainOptions([...flags, ...network, ...training, ...commands]));
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  const epochs = lines.filter((line) => line.startsWith('epoch'));
  expect(epochs).toEqual([
    expect.stringMatching(`^epoch 1 2 ${out} \\d\\.\\d+$`),
    expect.stringMatching(`^epoch 2 4 ${out} \\d\\.\\d+$`),
  ]);
  expect(lines[0]).toBe(`1 2 ${path.join(out, 'best.safetensors')}`);
  expect(lines).toContain(`2 4 ${path.join(out, 'latest.safetensors')}`);
  expect(lines.at(-1)).toBe(epochs[1]);
});

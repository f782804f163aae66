import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const root = mkdtempSync(path.join(tmpdir(), 'bench-large-'));
afterAll(() => rmSync(root, { recursive: true }));

/** The lines that `bench:large` prints of a small network. */
async function run(...args: string[]): Promise<string> {
  const script = path.join(import.meta.dirname, '../../bench/large.ts');
  const small = [
    '--backend',
    'wasm',
    '--threads',
    '1',
    '--batch',
    '2',
    '--size',
    '32',
    '--filters',
    '4,4,8,8,8,8',
  ];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', script, ...small, ...args],
    {
      env: { ...process.env, TSX_TSCONFIG_PATH: path.join(path.dirname(script), 'tsconfig.json') },
    },
  );
  return stdout;
}

test('what is saved after a step, as a checkpoint and as a model, is loaded in another process', async () => {
  const [checkpoint, model] = ['checkpoint', 'model'].map((name) => path.join(root, name));
  const saved = await run('--gradient-checkpointing', '--save', checkpoint, '--save-model', model);
  const [, weights] = /saved, weights (\w{16})/.exec(saved)!;
  expect(saved).toContain(`saved the model, weights ${weights}`);
  const fresh = await run('--steps', '0', '--save-model', path.join(root, 'fresh'));
  expect(fresh).toContain('saved the model');
  expect(fresh).not.toContain(weights);
  expect(await run('--steps', '0', '--load', checkpoint)).toContain(`loaded step 1, weights ${weights}`);
  expect(await run('--steps', '0', '--load-model', model)).toContain(`loaded the model, weights ${weights}`);
}, 120_000);

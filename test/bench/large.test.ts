import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { buildTrainer } from '../support/trainer.js';

const root = mkdtempSync(path.join(tmpdir(), 'bench-large-'));
const trainer = buildTrainer();
afterAll(() => {
  trainer.close();
  rmSync(root, { recursive: true });
});

/** The lines that `bench:large` prints of a small network. */
async function run(...args: string[]): Promise<string> {
  const small = ['--backend', 'wasm', '--threads', '1', '--batch', '2', '--size', '32'];
  const { code, stdout, stderr } = await trainer.start([...small, '--filters', '4,4,8,8,8,8', ...args], {
    script: '../bench/large.ts',
  }).ended;
  expect(code, stderr).toBe(0);
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

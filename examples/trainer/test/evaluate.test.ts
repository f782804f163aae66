import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unetAttD } from '../../../src/models/index.js';
import { savePretrained } from '../../../src/pretrained/index.js';
import { folderFiles } from '../../../src/training/node/index.js';
import { startTestBackend } from '../../../test/support/backend.js';
import { buildTrainer, type Trainer } from '../../../test/support/trainer.js';

const cwd = mkdtempSync(path.join(tmpdir(), 'evaluate-'));
const at = (...names: string[]) => path.join(cwd, 'runs/evaluate', ...names);
let trainer: Trainer;

beforeAll(async () => {
  await startTestBackend();
  trainer = buildTrainer();
  // As a pretraining that is finished.
  mkdirSync(at('pretraining'), { recursive: true });
  writeFileSync(at('pretraining/summary.json'), '{"seconds": 90}');
  const config = { filterConfig: [4, 4, 4, 4, 4, 4], blockNum: [1, 1, 1, 1, 1, 1] };
  await savePretrained(unetAttD(config), folderFiles(at('pretraining/model')), {
    config,
    bands: ['red', 'green', 'blue', 'elevation'].map((name) => ({ name })),
    diffusion: { schedule: 'squaredcos_cap_v2', timesteps: 1000, predictionType: 'x0' },
    normalization: { strategy: 'z_value', procedure: 'lpb' },
  });
});
afterAll(() => {
  trainer?.close();
  rmSync(cwd, { recursive: true, force: true });
});

const evaluate = (flags: string[]) => trainer.start(flags, { script: 'evaluate.ts', cwd });

describe('npm run evaluate', () => {
  it('asks its four questions about chips whose strips keep to their split', async () => {
    const some = ['--methods', 'raw-linear', '--max-rows', '300', '--seeds', '1', '--score-every', '16'];
    const { code, stdout, stderr } = await evaluate(some).ended;
    expect(`${code} ${stderr.replaceAll(/.*does not say.*\n?/g, '')}`).toBe('0 ');
    expect(stdout).toContain(
      'chips: segmentation with runs/evaluate/pretraining: 516 training, 201 validation',
    );
    for (const name of ['chips/segmentation', 'points/segmentation', 'scenes/scenes', 'groups/groups']) {
      const lines = readFileSync(at(`${name}.csv`), 'utf8')
        .trim()
        .split('\n');
      expect(lines).toHaveLength(4);
      // One class for all would have a mean IoU of some 0.02.
      for (const line of lines.slice(1)) expect(Number(line.split(',')[5])).toBeGreaterThan(0.08);
    }

    const [header, ...rows] = readFileSync(path.join(cwd, 'data/land-cover/pretraining.csv'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    const [usage, strip] = ['usage', 'strip'].map((name) => header.indexOf(name));
    expect(rows).toHaveLength(516);
    for (const row of rows) expect(row[usage]).toBe(row[strip] === '14' ? 'validate' : 'train');
    const held = ['4', '8', '10', '12', '13'];
    expect(rows.filter((row) => held.includes(row[strip]))).toEqual([]);
  }, 600_000);

  it('ends with the error of a question, and asks no more', async () => {
    const { code, stderr } = await evaluate(['--out', at('failed'), '--timesteps', '5000']).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^chips: error: --timesteps names 5000; the network knows 0 to 999/m);
    expect(stderr).not.toMatch(/^(scenes|groups): error/m);
    expect(existsSync(at('failed/scenes.md'))).toBe(false);
  }, 300_000);
});

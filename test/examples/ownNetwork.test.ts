import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extractFromMarkdown } from '../../scripts/lib/extractSnippets.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import type { ConditionEffect } from '../../src/training/PairedLosses.js';
import { buildTrainer, type Trainer } from '../support/trainer.js';

const read = (file: string) => readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');
const STEPS = 160;
const folder = mkdtempSync(path.join(tmpdir(), 'own-network-'));
let trainer: Trainer;

beforeAll(() => {
  trainer = buildTrainer();
});
afterAll(() => {
  trainer.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = (out: string) =>
  trainer.start([path.join(folder, out), String(STEPS)], { script: 'own-network.ts' });

async function linesOf({ ended }: ReturnType<typeof start>): Promise<string[]> {
  const { code, stdout, stderr } = await ended;
  expect(code, stderr.slice(-1000)).toBe(0);
  return stdout.trimEnd().split('\n');
}

const effectOf = (out: string) =>
  JSON.parse(readFileSync(path.join(folder, out, 'condition-effect.json'), 'utf8')) as ConditionEffect;

describe('own-network.ts', () => {
  it('is the program of the guide', () => {
    const programs = extractFromMarkdown('', read('docs/own-trainer.md')).map(({ code }) => code);
    const example = read('examples/own-network.ts');
    expect(programs).toContain(example.slice(example.indexOf(' */\n') + 4));
  });

  it('trains, and its samples and its loss follow the conditions', async () => {
    const lines = await linesOf(start('whole'));
    const losses = lines.filter((line) => line.startsWith('step ')).map((line) => Number(line.split(' ')[3]));
    expect(losses).toHaveLength(STEPS / 20);
    expect(losses[losses.length - 1]).toBeLessThan(losses[0] / 2);
    const { fields, samples } = effectOf('whole');
    expect(samples).toBe(128);
    for (const { increase, standardError } of [fields.land, fields.cloud]) {
      expect(increase / standardError).toBeGreaterThan(3);
    }
    // The colours of the classes under no cloud are far enough apart to tell whose a sample is.
    const colours = [
      [-0.8, -0.6, -0.1],
      [-0.7, -0.1, -0.6],
      [0.5, 0.3, 0.0],
    ];
    const means = lines
      .filter((line) => line.startsWith('class '))
      .map((line) => line.split(': ')[1].split(','));
    const distance = (a: readonly number[], b: readonly number[]) => Math.hypot(...a.map((x, i) => x - b[i]));
    for (const [i, mean] of means.entries()) {
      const distances = colours.map((colour) => distance(mean.map(Number), colour));
      expect(distances.indexOf(Math.min(...distances))).toBe(i);
    }
  }, 180_000);

  it('goes on after it was killed, and ends with the same bits', async () => {
    const killed = start('killed');
    killed.child.stdout?.on('data', (text: string) => {
      if (text.includes('step 60,')) killed.child.kill('SIGKILL');
    });
    expect((await killed.ended).code).toBeNull();
    const lines = await linesOf(start('killed'));
    const [, done] = /^going on after step (\d+)$/.exec(lines[0]) ?? [];
    expect(Number(done)).toBeGreaterThanOrEqual(60);
    expect(Number(done)).toBeLessThan(STEPS);
    for (const file of ['latest.safetensors', 'weights.safetensors']) {
      const [whole, resumed] = ['whole', 'killed'].map((out) => readFileSync(path.join(folder, out, file)));
      expect(resumed.equals(whole), file).toBe(true);
    }
    expect(effectOf('killed')).toEqual(effectOf('whole'));
  }, 180_000);

  it('leaves weights by the names of its layers, in the axis order of PyTorch', () => {
    const { tensors } = readSafetensors(readFileSync(path.join(folder, 'whole/weights.safetensors')));
    const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
    expect(shapes).toMatchObject({
      'stem.kernel': [16, 3, 3, 3],
      'classes.embeddings': [4, 32],
      'cloudiness.kernel': [32, 2],
      'time.0.weight': [32, 32],
      'norm.moving_mean': [32],
      'up.kernel': [32, 16, 2, 2],
    });
  });
});

describe('condition-plot.ts', () => {
  const svgOf = async (effect: unknown) => {
    const file = path.join(folder, 'effect.json');
    writeFileSync(file, JSON.stringify(effect));
    await linesOf(trainer.start([file], { script: 'condition-plot.ts' }));
    return readFileSync(path.join(folder, 'effect.svg'), 'utf8');
  };
  const heights = (svg: string) =>
    [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, , y]) => Number(y));

  it('draws each field where the loss rises, and its name', async () => {
    const bin = (increase: number, standardError: number | null) => ({ loss: 1, increase, standardError });
    const field = (...increases: number[]) => ({
      ...bin(1, 0.1),
      bins: [...increases.map((increase) => bin(increase, 0.1)), bin(0, null)],
    });
    const bins = [0, 1, 2].map((i) => ({ from: 10 * i, to: 10 * i + 9, samples: 5, loss: 1 }));
    const fields = { 'a < b': field(0, 2), idle: field(0, 0) };
    const svg = await svgOf({ loss: 1, samples: 15, bins, fields, together: field(1, 3) });
    const [first, second, third, idle, , , low, high] = heights(svg);
    expect([first, third]).toEqual([idle, idle]);
    expect(first - second).toBeCloseTo(2 * (idle - low), 0);
    expect(high).toBeLessThan(second);
    expect(heights(svg)).toHaveLength(9);
    expect(svg).toContain('a &#60; b: 1.00 ± 0.10');
    expect(svg).toContain('all together');
    expect(svg).not.toMatch(/NaN|undefined|null/);
    const single = await svgOf({
      loss: 1,
      samples: 15,
      bins,
      fields: { idle: field(0, 0) },
      together: field(0, 0),
    });
    expect(heights(single)).toHaveLength(3);
  });
});

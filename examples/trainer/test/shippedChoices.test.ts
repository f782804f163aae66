import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../../scripts/lib/root.js';
import { startTestBackend } from '../../../test/support/backend.js';
import { optionsOfOptimizer } from '../src/config/optimizerFields.js';
import { keyOf, parseConfig } from '../src/config/parseConfig.js';
import { optionsOfScheduler, SCHEDULER_NAMES } from '../src/config/schedulerFields.js';
import { toPretrainConfig } from '../src/config/toPretrainConfig.js';
import { unreadOptions } from '../src/config/unreadOptions.js';
import { makeOptimizer } from '../src/setup/makeOptimizer.js';
import { makeSchedule } from '../src/setup/makeSchedule.js';

const lines = readFileSync(path.join(root, 'examples/ssl_train.yaml'), 'utf8').split('\n');
const keyIn = (line: string) => /^ {2}(\w+): /.exec(line)?.[1];
const uncommented = (line: string) => line.replace(/^ {2}# /, '  ');

/** The lines of the file that offer another choice: each block begins with its key. */
const choices = lines.flatMap((line, from) => {
  const [, key, name] = /^ {2}# (optimizer|scheduler): "(\w+)"$/.exec(line) ?? [];
  if (key === undefined) return [];
  const to = lines.findIndex((other, i) => i > from && !/^ {2}# \w+: /.test(other));
  return [{ key, name, from, to, keys: lines.slice(from, to).map((one) => keyIn(uncommented(one))) }];
});

/** The file as someone changes it: the lines of a choice count, and the line that it replaces is left out. */
function chosen({ key, from, to }: (typeof choices)[number]) {
  const text = lines
    .map((line, i) => (i >= from && i < to ? uncommented(line) : keyIn(line) === key ? '' : line))
    .join('\n');
  return parseConfig(text, 'ssl_train.yaml');
}

beforeAll(startTestBackend);

describe('the commented lines of ssl_train.yaml', () => {
  it('are every other schedule and sam', () => {
    const names = (key: string) => choices.filter((choice) => choice.key === key).map(({ name }) => name);
    expect(names('scheduler').sort()).toEqual(SCHEDULER_NAMES.filter((name) => name !== 'cosinewarm').sort());
    expect(names('optimizer')).toEqual(['sam']);
  });

  it.each(choices)('$name: is read as it stands, each of its options and every one it has', (choice) => {
    const { config: file, lines: given } = chosen(choice);
    const { config } = toPretrainConfig(file);
    const unread = unreadOptions(config, (field) => given.has(keyOf(field)), keyOf);
    expect(unread.map(({ field }) => keyOf(field)).filter((key) => choice.keys.includes(key))).toEqual([]);
    const options =
      choice.key === 'scheduler'
        ? optionsOfScheduler(config.scheduler)
        : optionsOfOptimizer(config.optimizer, config.baseOptimizer).filter((option) => option !== 'amsgrad');
    for (const option of options) expect([...given.keys()]).toContain(keyOf(option));
  });

  const schedules = choices.filter(({ key }) => key === 'scheduler');
  it.each(schedules)('scheduler $name: gives a rate for each epoch of the run', (choice) => {
    const { config } = toPretrainConfig(chosen(choice).config);
    const { schedule, unit } = makeSchedule(config, 10);
    const steps = config.epochs * (unit === 'step' ? 10 : 1);
    const rates = Array.from({ length: steps - 1 }, () => {
      schedule.step(1);
      return schedule.lr;
    });
    expect(rates.every((rate) => rate > 0 && rate <= 1e-3)).toBe(true);
    const last = rates[rates.length - 1];
    if (choice.name === 'none') expect(last).toBe(config.learningRate);
    else expect(last).toBeLessThan(Math.max(...rates) / 2);
  });

  it.each(choices)('$name: trains', async (choice) => {
    const { config } = toPretrainConfig(chosen(choice).config);
    const optimizer = makeOptimizer(config);
    const { schedule } = makeSchedule(config, 10);
    optimizer.learningRate = schedule.lr;
    const w = tf.variable(tf.tensor1d([3, 4]));
    optimizer.minimize(() => tf.sum(tf.square(w)) as tf.Scalar, false, [w]);
    for (const [i, value] of (await w.data()).entries()) {
      expect(value).toBeLessThan([3, 4][i]);
      expect(value).toBeGreaterThan([3, 4][i] - 0.01);
    }
    expect(optimizer.getClassName()).toBe(choice.name === 'sam' ? 'DiffusionSslSAM' : 'DiffusionSslAdamW');
    optimizer.dispose();
    w.dispose();
  });
});

import { describe, expect, it } from 'vitest';
import { expectClose } from '../../../test/support/compare.js';
import { configOf } from '../../../test/support/configOf.js';
import { makeSchedule } from '../src/setup/makeSchedule.js';

// The title of every test begins with the keys whose effect it shows: configEffects.test.ts counts them.

const STEPS_PER_EPOCH = 4;
const EXACT = { abs: 1e-12, rel: 1e-9 };

/** The rates of so many epochs, or of steps where the rate changes with these, for the highest rate 1. */
function ratesOf(count: number, keys: string[], losses: number[] = []): number[] {
  const config = configOf('learning_rate_init: 1', 'warmup_period: 0', ...keys);
  const { schedule } = makeSchedule(config, STEPS_PER_EPOCH);
  return Array.from({ length: count }, (_, i) => {
    if (i > 0) schedule.step(losses[i - 1]);
    return schedule.lr;
  });
}

const epochs = (count: number, rate: (epoch: number) => number) =>
  Array.from({ length: count }, (_, e) => rate(e));
const cosine = (part: number, low: number) => low + ((1 - low) * (1 + Math.cos(Math.PI * part))) / 2;

describe('the learning rate', () => {
  it('scheduler, learning_rate_init: without a schedule the rate stays', () => {
    const config = configOf('learning_rate_init: 3e-3', 'warmup_period: 0', 'scheduler: none');
    const { schedule } = makeSchedule(config, STEPS_PER_EPOCH);
    for (let epoch = 0; epoch < 5; epoch++) {
      expect(schedule.lr).toBe(3e-3);
      schedule.step();
    }
  });

  it('warmup_period: the first epochs rise from a tenth, and the schedule has gone on meanwhile', () => {
    const poly = ['scheduler: poly', 'max_decay_steps: 10'];
    const rates = ratesOf(8, [...poly, 'warmup_period: 4']);
    expectClose(rates.slice(0, 4), [0.325, 0.55, 0.775, 1], EXACT);
    expectClose(rates.slice(4), ratesOf(8, poly).slice(4), EXACT);
  });

  it('T_max, eta_min: a half cosine to the lowest rate', () => {
    const rates = ratesOf(9, ['scheduler: cosine', 'T_max: 8', 'eta_min: 0.1']);
    expectClose(
      rates,
      epochs(9, (e) => cosine(e / 8, 0.1)),
      EXACT,
    );
    // Where T_max is left out, the run's own length.
    const whole = ratesOf(7, ['scheduler: cosine', 'epoch: 6']);
    expectClose(
      whole,
      epochs(7, (e) => cosine(e / 6, 0)),
      EXACT,
    );
  });

  it('t_0, t_mult: half cosines, each longer than the one before', () => {
    const rates = ratesOf(10, ['scheduler: cosinewarm', 't_0: 3', 't_mult: 2', 'eta_min: 0.01']);
    expectClose(
      rates,
      epochs(10, (e) => (e < 3 ? cosine(e / 3, 0.01) : e < 9 ? cosine((e - 3) / 6, 0.01) : 1)),
      EXACT,
    );
  });

  it('step_size, gamma: a factor every so many epochs', () => {
    const rates = ratesOf(7, ['scheduler: step', 'step_size: 3', 'gamma: 0.5']);
    expectClose(rates, [1, 1, 1, 0.5, 0.5, 0.5, 0.25], EXACT);
  });

  it('milestones: a factor at these epochs', () => {
    const rates = ratesOf(7, ['scheduler: multistep', 'milestones: [2, 5]', 'gamma: 0.5']);
    expectClose(rates, [1, 1, 0.5, 0.5, 0.5, 0.25, 0.25], EXACT);
  });

  it('max_decay_steps, min_learning_rate, power: a power of what is left of the epochs', () => {
    const keys = ['scheduler: poly', 'max_decay_steps: 5', 'min_learning_rate: 0.2', 'power: 2'];
    expectClose(
      ratesOf(7, keys),
      epochs(7, (e) => 0.2 + 0.8 * Math.max(0, 1 - e / 5) ** 2),
      EXACT,
    );
    const whole = ratesOf(5, ['scheduler: poly', 'epoch: 4']);
    expectClose(
      whole,
      epochs(5, (e) => 1e-6 + (1 - 1e-6) * (1 - e / 4)),
      EXACT,
    );
  });

  it('max_lr, pct_start, anneal_strategy, div_factor, final_div_factor: one cycle over the steps of the run', () => {
    const keys = ['epoch: 5', 'max_lr: 2', 'pct_start: 0.25', 'div_factor: 10', 'final_div_factor: 100'];
    const [start, end, top] = [0.2, 0.002, 4];
    const cycle = (between: (from: number, to: number, part: number) => number) =>
      epochs(20, (s) => (s <= top ? between(start, 2, s / top) : between(2, end, (s - top) / (19 - top))));
    expectClose(
      ratesOf(20, ['scheduler: onecycle', 'anneal_strategy: linear', ...keys]),
      cycle((from, to, part) => from + (to - from) * part),
      EXACT,
    );
    expectClose(
      ratesOf(20, ['scheduler: onecycle', 'anneal_strategy: cos', ...keys]),
      cycle((from, to, part) => to + ((from - to) * (1 + Math.cos(Math.PI * part))) / 2),
      EXACT,
    );
    expect(Math.max(...ratesOf(20, ['scheduler: onecycle', 'epoch: 5']))).toBeCloseTo(1, 2);
  });

  it.each(['cosine', 'cosinewarm', 'step', 'multistep', 'poly'])(
    '%s after each step has the rates of the epochs where these begin',
    (scheduler) => {
      const options: Record<string, string[]> = {
        cosine: ['T_max: 6'],
        cosinewarm: ['t_0: 2', 't_mult: 2'],
        step: ['step_size: 2'],
        multistep: ['milestones: [1, 4]'],
        poly: ['max_decay_steps: 6'],
      };
      const keys = [`scheduler: ${scheduler}`, ...options[scheduler]];
      const config = configOf('learning_rate_init: 1', 'warmup_period: 0', ...keys);
      const { schedule, unit } = makeSchedule({ ...config, scheduleUnit: 'step' }, STEPS_PER_EPOCH);
      expect(unit).toBe('step');
      const atEpochs = epochs(6, () => {
        const { lr } = schedule;
        for (let step = 0; step < STEPS_PER_EPOCH; step++) schedule.step();
        return lr;
      });
      expectClose(atEpochs, ratesOf(6, keys), EXACT);
    },
  );
});

describe('on a plateau the rate', () => {
  const ratesAfter = (losses: number[], ...keys: string[]) =>
    ratesOf(losses.length + 1, ['scheduler: plateau', 'factor: 0.5', ...keys], losses).slice(1);

  it('patience, factor: falls by the factor once more epochs than that were no better', () => {
    const losses = [5, 4, 4, 4, 4, 4];
    expect(ratesAfter(losses, 'patience: 1')).toEqual([1, 1, 1, 0.5, 0.5, 0.25]);
    expect(ratesAfter(losses, 'patience: 0')).toEqual([1, 1, 0.5, 0.25, 0.125, 0.0625]);
    expect(ratesAfter(losses, 'patience: 1', 'factor: 0.2').at(-1)).toBeCloseTo(0.04, 12);
  });

  it('mode: waits for a loss that falls, or for a metric that rises', () => {
    expect(ratesAfter([1, 2, 3], 'patience: 0')).toEqual([1, 0.5, 0.25]);
    expect(ratesAfter([1, 2, 3], 'patience: 0', 'mode: max')).toEqual([1, 1, 1]);
  });

  it('threshold, threshold_mode: counts only what is better by a share or by a difference', () => {
    const losses = [10, 9.5];
    expect(ratesAfter(losses, 'patience: 0', 'threshold: 0.1')).toEqual([1, 0.5]);
    expect(ratesAfter(losses, 'patience: 0', 'threshold: 0.1', 'threshold_mode: abs')).toEqual([1, 1]);
    expect(ratesAfter(losses, 'patience: 0', 'threshold: 0.04')).toEqual([1, 1]);
  });

  it('cooldown: rests after it fell', () => {
    expect(ratesAfter([1, 1, 1, 1, 1], 'patience: 0', 'cooldown: 2')).toEqual([1, 0.5, 0.5, 0.5, 0.25]);
  });

  it('min_lr: does not fall below that', () => {
    expect(ratesAfter([1, 1, 1, 1], 'patience: 0', 'min_lr: 0.3')).toEqual([1, 0.5, 0.3, 0.3]);
  });
});

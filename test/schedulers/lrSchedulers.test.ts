import { describe, expect, it } from 'vitest';
import {
  constant,
  cosineAnnealing,
  cosineAnnealingWarmRestarts,
  type LrScheduler,
  linearWarmup,
  multiStepLr,
  oneCycle,
  polynomial,
  reduceLrOnPlateau,
  stepLr,
} from '../../src/schedulers/index.js';
import { expectClose } from '../support/compare.js';
import { type FixtureArray, fixtureValues, readFixture } from '../support/fixtures.js';

interface Config {
  scheduler: string;
  T_max?: number;
  eta_min?: number | string;
  t_0?: number;
  t_mult?: number;
  step_size?: number;
  gamma?: number;
  milestones?: number[];
  mode?: 'min' | 'max';
  factor?: number;
  patience?: number;
  threshold?: number;
  threshold_mode?: 'rel' | 'abs';
  cooldown?: number;
  min_lr?: number | string;
  eps?: number;
  max_decay_steps?: number;
  min_learning_rate?: number | string;
  power?: number;
  max_lr?: number;
  total_steps?: number;
  epochs?: number;
  steps_per_epoch?: number;
  pct_start?: number;
  anneal_strategy?: 'cos' | 'linear';
  div_factor?: number;
  final_div_factor?: number;
}
interface Fixture {
  tolerance: { rel: number; abs: number };
  learning_rate_init: number;
  metric_sequence: FixtureArray;
  cases: {
    name: string;
    config: Config;
    lr: FixtureArray;
    lr_after_last_step: number;
    momentum?: FixtureArray;
    beta1?: FixtureArray;
  }[];
  training_loop: {
    name: string;
    config: Config;
    warmup_period: number;
    lr_used: FixtureArray;
    lr_logged: string[];
    beta1_used?: FixtureArray | null;
  }[];
  errors: { what: string; raises: string | null }[];
}

const fixture = readFixture<Fixture>('lr_schedulers.json');
const base = fixture.learning_rate_init;
const metrics = fixtureValues(fixture.metric_sequence);

/** The number that YAML 1.1 reads as text where it has an exponent, or the fallback. */
const number = (value: number | string | undefined, fallback: number) => Number(value ?? fallback);

// What a key defaults to where the configuration has none is the tutorial's choice, not the functions'.
const builders: Record<string, (config: Config) => LrScheduler> = {
  none: () => constant(base),
  cosine: (c) => cosineAnnealing(base, { tMax: c.T_max ?? 100, etaMin: number(c.eta_min, 0) }),
  cosinewarm: (c) =>
    cosineAnnealingWarmRestarts(base, { t0: c.t_0 ?? 10, tMult: c.t_mult, etaMin: number(c.eta_min, 0) }),
  step: (c) => stepLr(base, { stepSize: c.step_size ?? 30, gamma: c.gamma }),
  multistep: (c) => multiStepLr(base, { milestones: c.milestones ?? [30, 60, 90], gamma: c.gamma }),
  plateau: (c) =>
    reduceLrOnPlateau(base, {
      mode: c.mode,
      factor: c.factor,
      patience: c.patience,
      threshold: c.threshold,
      thresholdMode: c.threshold_mode,
      cooldown: c.cooldown,
      minLr: number(c.min_lr, 0),
      eps: c.eps,
    }),
  poly: (c) =>
    polynomial(base, {
      maxDecaySteps: c.max_decay_steps ?? 100,
      minLr: number(c.min_learning_rate, 0),
      power: c.power,
    }),
  onecycle: (c) =>
    oneCycle(c.max_lr ?? 1e-3, {
      totalSteps: oneCycleSteps(c),
      pctStart: c.pct_start,
      annealStrategy: c.anneal_strategy,
      divFactor: c.div_factor,
      finalDivFactor: c.final_div_factor,
    }),
};

const oneCycleSteps = (c: Config) => c.total_steps ?? (c.epochs ?? 100) * (c.steps_per_epoch ?? 100);

/** Rate and momentum of each epoch, the schedule rebuilt from its JSON state before epoch `restoreAt`. */
function run(make: () => LrScheduler, epochs: number, restoreAt = -1): { lr: number[]; momentum: number[] } {
  let schedule = make();
  const momentum: number[] = [];
  const lr = Array.from({ length: epochs }, (_, epoch) => {
    if (epoch === restoreAt) {
      const state = JSON.parse(JSON.stringify(schedule.state()));
      schedule = make();
      schedule.restore(state);
    }
    if (schedule.momentum !== undefined) momentum.push(schedule.momentum);
    const rate = schedule.lr;
    schedule.step(metrics[epoch % metrics.length]);
    return rate;
  });
  return { lr, momentum };
}

/** Restored anywhere, in the warm-up too, a schedule goes on with the very same numbers. */
function expectResumable(make: () => LrScheduler): void {
  const uninterrupted = run(make, 120);
  for (const epoch of [0, 1, 3, 5, 17, 30, 31, 63, 119]) expect(run(make, 120, epoch)).toEqual(uninterrupted);
}

describe('rates of the schedule alone equal torch', () => {
  for (const { name, config, lr, lr_after_last_step, momentum, beta1 } of fixture.cases) {
    const make = () => builders[config.scheduler](config);
    it(name, () => {
      const expected = [...fixtureValues(lr), lr_after_last_step];
      // Behind its end the reference extrapolates the cycle, even to a negative rate.
      if (config.scheduler === 'onecycle') expected.length = Math.min(expected.length, oneCycleSteps(config));
      const actual = run(make, expected.length);
      expectClose(actual.lr, expected, fixture.tolerance);
      const cycled = momentum ?? beta1;
      if (cycled === undefined) expect(actual.momentum).toEqual([]);
      else expectClose(actual.momentum.slice(0, 120), fixtureValues(cycled), fixture.tolerance);
    });
    it(`${name}: restored, goes on exactly`, () => expectResumable(make));
  }
});

describe('rates of the training loop with warm-up equal the reference', () => {
  for (const { name, config, warmup_period, lr_used, lr_logged, beta1_used } of fixture.training_loop) {
    const title = `${name}, warm-up ${warmup_period}`;
    const make = () =>
      linearWarmup(builders[config.scheduler](config), { period: warmup_period, baseLr: base });
    it(title, () => {
      const expected = fixtureValues(lr_used);
      const actual = run(make, expected.length);
      expectClose(actual.lr, expected, fixture.tolerance);
      expect(actual.lr.slice(0, lr_logged.length).map((rate) => rate.toFixed(6))).toEqual(lr_logged);
      if (beta1_used) expectClose(actual.momentum, fixtureValues(beta1_used), fixture.tolerance);
    });
    it(`${title}: restored in the warm-up and after it, goes on exactly`, () => expectResumable(make));
  }
});

describe("what the reference raises that is a schedule's to raise", () => {
  const calls: Record<string, [() => unknown, string]> = {
    'one-cycle stepped more often than total_steps': [
      () => run(() => oneCycle(1, { totalSteps: 7 }), 8),
      'oneCycle: number of steps is 8; it must be an integer from 1 to 7.',
    ],
    'poly with max_decay_steps 0': [
      () => polynomial(1, { maxDecaySteps: 0 }),
      'polynomial: maxDecaySteps is 0; it must be an integer of at least 1.',
    ],
  };
  const known = fixture.errors.filter(({ what }) => what in calls);
  it.each(known)('$what', ({ what }) => {
    const [call, message] = calls[what];
    expect(call).toThrow(message);
  });
});

describe('cosineAnnealing', () => {
  it('equals its closed form over two periods', () => {
    const rates = run(() => cosineAnnealing(1, { tMax: 7, etaMin: 0.2 }), 28).lr;
    const closed = rates.map((_, epoch) => 0.2 + (0.8 * (1 + Math.cos((Math.PI * epoch) / 7))) / 2);
    expectClose(rates, closed, { abs: 1e-12 });
  });

  it('goes on in proportion from a rate that was set', () => {
    const schedule = cosineAnnealing(1, { tMax: 10, etaMin: 0.1 });
    schedule.lr = 0.55; // half of the way from etaMin to 1
    schedule.step();
    const untouched = cosineAnnealing(1, { tMax: 10, etaMin: 0.1 });
    untouched.step();
    expect(schedule.lr - 0.1).toBeCloseTo((untouched.lr - 0.1) / 2, 12);
  });

  it('refuses bad arguments by name', () => {
    expect(() => cosineAnnealing(1, { tMax: 0 })).toThrow(
      'cosineAnnealing: tMax is 0; it must be an integer of at least 1.',
    );
    expect(() => cosineAnnealing(1, { tMax: 3, etaMin: -1 })).toThrow('cosineAnnealing: etaMin is -1');
    expect(() => cosineAnnealing(Number.NaN, { tMax: 3 })).toThrow('cosineAnnealing: baseLr is NaN');
    expect(() => constant(-1)).toThrow('constant: baseLr is -1');
  });
});

describe('linearWarmup', () => {
  it('takes the rate of the wrapped schedule as its base', () => {
    const schedule = linearWarmup(constant(2), { period: 4 });
    const rates = [];
    for (let epoch = 0; epoch < 6; epoch++) {
      rates.push(schedule.lr);
      schedule.step();
    }
    expectClose(rates, [0.65, 1.1, 1.55, 2, 2, 2], { abs: 1e-12 });
  });

  it('lets the rate be set', () => {
    const inner = constant(1);
    const schedule = linearWarmup(inner, { period: 0 });
    schedule.lr = 0.25;
    expect(inner.lr).toBe(0.25);
  });

  it('refuses bad arguments and states by name, and a bad state changes nothing', () => {
    expect(() => linearWarmup(constant(1), { period: 1.5 })).toThrow('linearWarmup: period is 1.5');
    expect(() => linearWarmup(constant(1), { period: 1, baseLr: -1 })).toThrow('linearWarmup: baseLr is -1');
    const schedule = linearWarmup(cosineAnnealing(1, { tMax: 10 }), { period: 2 });
    schedule.step();
    const before = schedule.state();
    expect(() => schedule.restore({})).toThrow('linearWarmup: state.epoch is undefined');
    expect(() => schedule.restore({ epoch: 7 })).toThrow('linearWarmup: state.schedule is undefined');
    expect(() => schedule.restore({ epoch: 7, schedule: { epoch: 7 } })).toThrow(
      'cosineAnnealing: state.lr is undefined; it must be a finite number.',
    );
    expect(() => schedule.restore({ epoch: 7, schedule: { epoch: 7, lr: Number.NaN } })).toThrow(
      'cosineAnnealing: state.lr is NaN',
    );
    expect(schedule.state()).toEqual(before);
  });
});

describe('cosineAnnealingWarmRestarts', () => {
  it('starts each cycle from the base rate, however many cycles have passed', () => {
    const starts = (t0: number, tMult: number, epochs: number) =>
      run(() => cosineAnnealingWarmRestarts(1, { t0, tMult }), epochs).lr.flatMap((lr, e) =>
        lr === 1 ? [e] : [],
      );
    expect(starts(3, 1, 10)).toEqual([0, 3, 6, 9]);
    expect(starts(2, 3, 30)).toEqual([0, 2, 8, 26]);
  });
});

describe('multiStepLr', () => {
  it('takes milestones in any order, and decays twice at one given twice', () => {
    const { lr } = run(() => multiStepLr(1, { milestones: [4, 2, 4], gamma: 0.5 }), 6);
    expect(lr).toEqual([1, 1, 0.5, 0.5, 0.125, 0.125]);
  });
});

describe('reduceLrOnPlateau', () => {
  it('needs a finite metric, and is unchanged without one', () => {
    const schedule = reduceLrOnPlateau(1, { patience: 0 });
    const before = schedule.state();
    expect(() => schedule.step()).toThrow('reduceLrOnPlateau: metric is NaN; it must be a finite number');
    expect(() => schedule.step(Number.NEGATIVE_INFINITY)).toThrow('reduceLrOnPlateau: metric is -Infinity');
    expect(schedule.state()).toEqual(before);
  });

  it('reduces no further than the lowest rate', () => {
    const schedule = reduceLrOnPlateau(1, { patience: 0, factor: 0.5, minLr: 0.3 });
    const rates = Array.from({ length: 4 }, () => {
      schedule.step(7);
      return schedule.lr;
    });
    expect(rates).toEqual([1, 0.5, 0.3, 0.3]);
  });
});

describe('oneCycle', () => {
  it('stays where it is when its last step has ended, and refuses one more', () => {
    const schedule = oneCycle(1, { totalSteps: 10, divFactor: 10, finalDivFactor: 100 });
    for (let step = 0; step < 9; step++) schedule.step();
    expect([schedule.lr, schedule.momentum]).toEqual([0.001, 0.95]);
    schedule.step();
    expect([schedule.lr, schedule.momentum]).toEqual([0.001, 0.95]);
    expect(() => schedule.step()).toThrow('oneCycle: number of steps is 11');
    expect(schedule.state()).toEqual({ epoch: 10, lr: 0.001 });
  });

  it.each([0, 0.1, 1])('is finite where the rise takes a share of %d', (pctStart) => {
    const { lr } = run(() => oneCycle(1, { totalSteps: 10, pctStart }), 10);
    for (const rate of lr) expect(rate).toBeGreaterThanOrEqual(4e-6);
    expect(Math.max(...lr)).toBeLessThanOrEqual(1);
  });

  it('refuses a state behind its end', () => {
    const schedule = oneCycle(1, { totalSteps: 10 });
    expect(() => schedule.restore({ epoch: 11, lr: 1 })).toThrow('oneCycle: state.epoch is 11');
    expect(schedule.state().epoch).toBe(0);
  });
});

describe('bad arguments are refused by name', () => {
  const calls: [string, () => unknown][] = [
    ['cosineAnnealingWarmRestarts: t0 is 0', () => cosineAnnealingWarmRestarts(1, { t0: 0 })],
    [
      'cosineAnnealingWarmRestarts: tMult is 1.5',
      () => cosineAnnealingWarmRestarts(1, { t0: 1, tMult: 1.5 }),
    ],
    [
      'cosineAnnealingWarmRestarts: etaMin is -1',
      () => cosineAnnealingWarmRestarts(1, { t0: 1, etaMin: -1 }),
    ],
    ['stepLr: stepSize is 0', () => stepLr(1, { stepSize: 0 })],
    ['stepLr: gamma is NaN', () => stepLr(1, { stepSize: 1, gamma: Number.NaN })],
    ['multiStepLr: milestones[1] is 0', () => multiStepLr(1, { milestones: [3, 0] })],
    ['multiStepLr: gamma is -1', () => multiStepLr(1, { milestones: [3], gamma: -1 })],
    ['polynomial: minLr is -1', () => polynomial(1, { maxDecaySteps: 2, minLr: -1 })],
    ['polynomial: power is 0', () => polynomial(1, { maxDecaySteps: 2, power: 0 })],
    ['reduceLrOnPlateau: factor is 1', () => reduceLrOnPlateau(1, { factor: 1 })],
    ["reduceLrOnPlateau: mode is 'low'", () => reduceLrOnPlateau(1, { mode: 'low' as 'min' })],
    ['reduceLrOnPlateau: patience is -1', () => reduceLrOnPlateau(1, { patience: -1 })],
    ['oneCycle: maxLr is -1', () => oneCycle(-1, { totalSteps: 2 })],
    ['oneCycle: totalSteps is 0', () => oneCycle(1, { totalSteps: 0 })],
    ['oneCycle: pctStart is 1.1', () => oneCycle(1, { totalSteps: 2, pctStart: 1.1 })],
    ['oneCycle: divFactor is 0', () => oneCycle(1, { totalSteps: 2, divFactor: 0 })],
    ['oneCycle: maxMomentum is 1', () => oneCycle(1, { totalSteps: 2, maxMomentum: 1 })],
  ];
  it.each(calls)('%s', (message, call) => {
    expect(call).toThrow(`${message};`);
  });
});

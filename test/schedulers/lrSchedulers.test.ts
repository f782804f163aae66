import { describe, expect, it } from 'vitest';
import { constant, cosineAnnealing, type LrScheduler, linearWarmup } from '../../src/schedulers/index.js';
import { expectClose } from '../support/compare.js';
import { type FixtureArray, fixtureValues, readFixture } from '../support/fixtures.js';

interface Config {
  scheduler: string;
  T_max?: number;
  eta_min?: number | string;
}
interface Fixture {
  tolerance: { rel: number; abs: number };
  learning_rate_init: number;
  metric_sequence: FixtureArray;
  cases: { name: string; config: Config; lr: FixtureArray; lr_after_last_step: number }[];
  training_loop: {
    name: string;
    config: Config;
    warmup_period: number;
    lr_used: FixtureArray;
    lr_logged: string[];
  }[];
}

const fixture = readFixture<Fixture>('lr_schedulers.json');
const base = fixture.learning_rate_init;
const metrics = fixtureValues(fixture.metric_sequence);

const builders: Record<string, (config: Config) => LrScheduler> = {
  none: () => constant(base),
  cosine: ({ T_max = 100, eta_min = 0 }) => cosineAnnealing(base, { tMax: T_max, etaMin: Number(eta_min) }),
};

/** The rate of each epoch, the schedule rebuilt from its JSON state before epoch `restoreAt`. */
function run(make: () => LrScheduler, epochs: number, restoreAt = -1): number[] {
  let schedule = make();
  return Array.from({ length: epochs }, (_, epoch) => {
    if (epoch === restoreAt) {
      const state = JSON.parse(JSON.stringify(schedule.state()));
      schedule = make();
      schedule.restore(state);
    }
    const { lr } = schedule;
    schedule.step(metrics[epoch]);
    return lr;
  });
}

describe('rates of the schedule alone equal torch', () => {
  for (const { name, config, lr, lr_after_last_step } of fixture.cases) {
    const build = builders[config.scheduler];
    if (build === undefined) {
      it.todo(name);
      continue;
    }
    it(name, () => {
      const expected = [...fixtureValues(lr), lr_after_last_step];
      expectClose(
        run(() => build(config), expected.length),
        expected,
        fixture.tolerance,
      );
    });
  }
});

describe('rates of the training loop with warm-up equal the reference', () => {
  for (const { name, config, warmup_period, lr_used, lr_logged } of fixture.training_loop) {
    const title = `${name}, warm-up ${warmup_period}`;
    const build = builders[config.scheduler];
    if (build === undefined) {
      it.todo(title);
      continue;
    }
    const make = () => linearWarmup(build(config), { period: warmup_period, baseLr: base });
    it(title, () => {
      const expected = fixtureValues(lr_used);
      const rates = run(make, expected.length);
      expectClose(rates, expected, fixture.tolerance);
      expect(rates.slice(0, lr_logged.length).map((rate) => rate.toFixed(6))).toEqual(lr_logged);
    });
    it(`${title}: restored in the warm-up and after it, goes on exactly`, () => {
      const rates = run(make, 40);
      for (const epoch of [0, 3, 5, 17]) expect(run(make, 40, epoch)).toEqual(rates);
    });
  }
});

describe('cosineAnnealing', () => {
  it('equals its closed form over two periods', () => {
    const rates = run(() => cosineAnnealing(1, { tMax: 7, etaMin: 0.2 }), 28);
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

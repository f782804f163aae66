import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spaceTimesteps, type TimestepSpacing } from '../../src/diffusion/index.js';

describe('spaceTimesteps', () => {
  // What numpy gives for diffusers' formulas, halves rounded to even.
  it.each<[TimestepSpacing, number, number, number[]]>([
    ['leading', 1000, 10, [900, 800, 700, 600, 500, 400, 300, 200, 100, 0]],
    ['leading', 1000, 3, [666, 333, 0]],
    ['trailing', 1000, 5, [999, 799, 599, 399, 199]],
    ['trailing', 1000, 3, [999, 666, 332]],
    // 1000, 937.5, 875, 812.5, 750, 687.5, …: 937.5 goes to 938, 812.5 to 812
    ['trailing', 1000, 16, [999, 937, 874, 811, 749, 687, 624, 561, 499, 437, 374, 311, 249, 187, 124, 61]],
    // Where the halves fall as numpy's sums round: 100 / 24 and 99 / 46 are not whole.
    [
      'trailing',
      100,
      24,
      [99, 95, 91, 86, 82, 78, 74, 70, 66, 61, 57, 53, 49, 45, 41, 36, 32, 28, 24, 20, 16, 11, 7, 3],
    ],
    [
      'linspace',
      100,
      47,
      [
        99, 97, 95, 93, 90, 88, 86, 84, 82, 80, 77, 75, 73, 71, 69, 67, 65, 62, 60, 58, 56, 54, 52, 49, 47,
        45, 43, 41, 39, 37, 34, 32, 30, 28, 26, 24, 22, 19, 17, 15, 13, 11, 9, 6, 4, 2, 0,
      ],
    ],
    ['linspace', 1000, 3, [999, 500, 0]], // 499.5 goes to 500
    ['linspace', 6, 3, [5, 2, 0]], // 2.5 goes to 2
    ['linspace', 1000, 10, [999, 888, 777, 666, 555, 444, 333, 222, 111, 0]],
    ['linspace', 1000, 1, [0]],
    ['trailing', 1000, 1, [999]],
    ['leading', 7, 7, [6, 5, 4, 3, 2, 1, 0]],
  ])('%s, %i in %i steps', (spacing, trainTimesteps, steps, expected) => {
    expect([...spaceTimesteps(trainTimesteps, steps, { spacing })]).toEqual(expected);
  });

  it('is leading by default and adds the offset', () => {
    expect([...spaceTimesteps(1000, 4)]).toEqual([750, 500, 250, 0]);
    expect([...spaceTimesteps(1000, 4, { stepsOffset: 1 })]).toEqual([751, 501, 251, 1]);
  });

  it('gives different timesteps of the schedule, descending', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<TimestepSpacing>('linspace', 'leading', 'trailing'),
        fc
          .integer({ min: 1, max: 1200 })
          .chain((T) => fc.tuple(fc.constant(T), fc.integer({ min: 1, max: T }))),
        (spacing, [trainTimesteps, steps]) => {
          const timesteps = spaceTimesteps(trainTimesteps, steps, { spacing });
          expect(timesteps).toHaveLength(steps);
          expect(timesteps[0]).toBeLessThan(trainTimesteps);
          expect(timesteps[steps - 1]).toBeGreaterThanOrEqual(0);
          for (let i = 1; i < steps; i++) expect(timesteps[i]).toBeLessThan(timesteps[i - 1]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuses bad arguments by name', () => {
    expect(() => spaceTimesteps(0, 1)).toThrow('spaceTimesteps: trainTimesteps is 0');
    expect(() => spaceTimesteps(10, 11)).toThrow(
      'spaceTimesteps: steps is 11; it must be an integer from 1 to 10.',
    );
    expect(() => spaceTimesteps(10, 5, { spacing: 'even' as TimestepSpacing })).toThrow("spacing is 'even'");
    expect(() => spaceTimesteps(10, 10, { stepsOffset: 1 })).toThrow(
      'stepsOffset is 1; it must be an integer from 0 to 0.',
    );
    expect(() => spaceTimesteps(10, 5, { spacing: 'trailing', stepsOffset: 1 })).toThrow('stepsOffset is 1');
  });
});

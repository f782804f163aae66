import { describe, expect, it } from 'vitest';
import { compose } from '../../../src/augmentation/compose.js';
import { randomNormal, uniformGenerator } from '../../../src/internal/philox.js';
import { configOf } from '../../../test/support/configOf.js';
import { augmentationSteps } from '../src/data/augmentationSteps.js';

// The title of every test begins with the keys whose effect it shows: configEffects.test.ts counts them.

const SIDE = 24;
const CHIPS = 40;
const KEYS = [
  ...['scale_factor', 'rotation_degree', 'bshift_gamma_range', 'contrast_range', 'br_range', 'sigma_range'],
];
/** Values of a chip in [0.2, 0.8], each another one. */
const random = uniformGenerator({ seed: 1, stream: 3, step: 0 });
const chip = Float32Array.from({ length: SIDE * SIDE }, () => 0.2 + 0.6 * random());

/** A chip augmented so many times with these keys alone. */
function augmented(keys: string[], data = chip): Float32Array[] {
  const without = KEYS.map((key) => `${key}: null`);
  const augment = compose(augmentationSteps(configOf(...without, ...keys)));
  const image = { height: SIDE, width: SIDE, channels: 1, data };
  return Array.from(
    { length: CHIPS },
    (_, step) => augment({ image }, { seed: 5, stream: 7, step }).image.data,
  );
}

/** Sorted, so that flips make no difference. */
const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
const original = sorted(chip);
const differences = (values: Float32Array) => sorted(values).map((value, i) => value - original[i]);
const isOriginal = (values: Float32Array) => differences(values).every((difference) => difference === 0);

/** The chips that were changed: about half of them. */
function changedBy(...keys: string[]): Float32Array[] {
  const changed = augmented(keys).filter((values) => !isOriginal(values));
  expect(changed.length).toBeGreaterThan(CHIPS / 4);
  expect(changed.length).toBeLessThan((3 * CHIPS) / 4);
  return changed;
}

/** Asserts that all lie between two numbers, and not close together. */
function expectSpread(values: number[], low: number, high: number): void {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  expect(least).toBeGreaterThanOrEqual(low - 1e-6);
  expect(greatest).toBeLessThanOrEqual(high + 1e-6);
  expect(greatest - least).toBeGreaterThan((high - low) / 2);
}

describe('the augmentation', () => {
  it('flips only, where every key is null', () => {
    const all = augmented([]);
    expect(all.every(isOriginal)).toBe(true);
    expect(new Set(all.map((values) => values[0])).size).toBe(4);
  });

  it('br_range: adds an amount from the range', () => {
    const amounts = changedBy('br_range: [-0.1, 0.15]').map((values) => {
      const all = differences(values);
      for (const amount of all) expect(amount).toBeCloseTo(all[0], 6);
      return all[0];
    });
    expectSpread(amounts, -0.1, 0.15);
  });

  it('compat: multiplies by the brightness where the code of the tutorial does', () => {
    for (const values of changedBy('br_range: [-0.1, 0.15]', 'compat: tutorial'))
      expect(Math.max(...values)).toBeLessThan(0.15);
  });

  it('contrast_range: multiplies by a factor from the range', () => {
    const factors = changedBy('contrast_range: [0.6, 1.2]').map((values) => {
      const all = sorted(values).map((value, i) => value / original[i]);
      for (const factor of all) expect(factor).toBeCloseTo(all[0], 5);
      return all[0];
    });
    expectSpread(factors, 0.6, 1.2);
  });

  it('sigma_range: adds noise of a deviation from the range', () => {
    const flat = new Float32Array(SIDE * SIDE).fill(0.5);
    const deviations = augmented(['sigma_range: [0.02, 0.1]'], flat)
      .map((values) => Math.sqrt(values.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / values.length))
      .filter((deviation) => deviation > 0);
    expect(deviations.length).toBeGreaterThan(CHIPS / 4);
    expectSpread(deviations, 0.02 * 0.9, 0.1 * 1.1);
  });

  it('bshift_gamma_range, patch_shift: raises to a power from the range, everywhere or on a patch', () => {
    const powersOf = (values: Float32Array) =>
      sorted(values).map((value, i) => Math.log(value) / Math.log(original[i]));
    const powers = changedBy('bshift_gamma_range: [0.5, 1.9]', 'patch_shift: false').map((values) => {
      const all = powersOf(values);
      for (const power of all) expect(power).toBeCloseTo(all[0], 3);
      return all[0];
    });
    expectSpread(powers, 0.5, 1.9);
    // On a patch two powers are applied, one inside and one outside: values of one level become two.
    const flat = new Float32Array(SIDE * SIDE).fill(0.5);
    const levels = augmented(['bshift_gamma_range: [0.5, 1.9]', 'patch_shift: true'], flat).map(
      (values) => new Set(values).size,
    );
    expect(Math.max(...levels)).toBe(2);
    const whole = augmented(['bshift_gamma_range: [0.5, 1.9]', 'patch_shift: false'], flat);
    expect(whole.every((values) => new Set(values).size === 1)).toBe(true);
  });

  it('rotation_degree: turns by one of the angles, or by any between two', () => {
    // All but the outermost rows and columns, which turn out of the picture.
    const rightAngles = changedBy('rotation_degree: [-180, -90, 90]');
    for (const values of rightAngles) {
      const kept = sorted(values).filter((value) => value > 0.1);
      expect(kept.length).toBeGreaterThan((SIDE - 2) ** 2);
      for (const value of kept) expect(original.some((other) => Math.abs(other - value) < 1e-4)).toBe(true);
    }
    const angles = changedBy('rotation_degree: [-20, 20]');
    const corners = angles.map((values) => values.filter((value) => value === 0).length);
    expect(Math.max(...corners)).toBeGreaterThan(SIDE);
    expect(new Set(corners).size).toBeGreaterThan(3);
  });

  it('scale_factor: shrinks or enlarges by a factor from the range', () => {
    const shown = (keys: string) =>
      changedBy(keys).map((values) => Math.sqrt(values.filter((value) => value > 0).length) / SIDE);
    const sides = shown('scale_factor: [0.5, 0.9]');
    expectSpread(sides, 0.5 - 0.03, 0.9 + 0.03);
    expect(shown('scale_factor: [1.2, 1.5]').every((side) => side === 1)).toBe(true);
  });

  it('crop_strategy: crops in the middle or anywhere', () => {
    // What is shrunk lies in the middle of the zeros, or anywhere on them.
    const margins = (strategy: string) =>
      changedBy('scale_factor: [0.5, 0.5]', `crop_strategy: ${strategy}`).map((values) => {
        const rows = Array.from({ length: SIDE }, (_, row) => values.subarray(row * SIDE, (row + 1) * SIDE));
        return rows.findIndex((row) => row.some((value) => value > 0));
      });
    expect(new Set(margins('center'))).toEqual(new Set([SIDE / 4]));
    expect(new Set(margins('random')).size).toBeGreaterThan(4);
  });

  it('normal_strategy: leaves scores outside [0, 1] as they are', () => {
    const scores = Float32Array.from(randomNormal(SIDE * SIDE, { seed: 2, stream: 3, step: 0 }));
    const keys = ['br_range: [0.1, 0.1]', 'contrast_range: [1.2, 1.2]', 'sigma_range: [0.05, 0.05]'];
    for (const values of augmented([...keys, 'normal_strategy: z_value'], scores))
      expect(Math.min(...values)).toBeLessThan(-1);
    for (const values of augmented(['br_range: [0.1, 0.1]', 'normal_strategy: z_value'], scores))
      expect(Math.max(...values)).toBeGreaterThan(1);
  });
});

import { describe, expect, it } from 'vitest';
import { DamageScores, majorityByRegion } from '../../src/metrics/index.js';

describe('DamageScores', () => {
  /** [reference, prediction, how often]. */
  const fed = (cells: readonly (readonly [number, number, number])[]) => {
    const scores = new DamageScores({ ignoreIndex: 255 });
    for (const [reference, prediction, count] of cells) {
      scores.add(new Array<number>(count).fill(reference), new Array<number>(count).fill(prediction));
    }
    return scores;
  };

  it('has the closed forms of the challenge', () => {
    const scores = fed([
      [0, 0, 50],
      [0, 2, 6],
      [1, 1, 20],
      [1, 0, 4],
      [1, 3, 2],
      [2, 2, 3],
      [2, 1, 5],
      [3, 3, 7],
      [3, 4, 1],
      [4, 4, 9],
      [4, 0, 3],
      [255, 4, 100],
    ]);
    // 47 of buildings found, 7 missed, 6 where there is none.
    expect(scores.localization()).toBeCloseTo((2 * 47) / (2 * 47 + 7 + 6), 12);
    // What is predicted beside buildings does not count against a grade.
    const grades = [40 / (40 + 6 + 5), 6 / (6 + 5 + 0), 14 / (14 + 1 + 2), 18 / (18 + 3 + 1)];
    for (const [i, f1] of scores.perGrade().entries()) expect(f1).toBeCloseTo(grades[i], 12);
    const harmonic = 4 / grades.reduce((sum, f1) => sum + 1 / (f1 + 1e-6), 0);
    expect(scores.damage()).toBeCloseTo(harmonic, 12);
    expect(scores.score()).toBeCloseTo(0.3 * (94 / 107) + 0.7 * harmonic, 12);
  });

  it('is 1 where all is right, and near 0 where a grade is never met', () => {
    const right = [1, 2, 3, 4].map((grade) => [grade, grade, 5] as const);
    expect(fed(right).localization()).toBe(1);
    expect(fed(right).damage()).toBeCloseTo(1, 5);
    expect(fed([...right.slice(0, 3), [4, 3, 5]]).damage()).toBeLessThan(1e-5);
    expect(fed([]).score()).toBeCloseTo(0.7e-6, 9);
  });

  it('adds nothing of labels that are none', () => {
    const scores = fed([[1, 1, 1]]);
    expect(() => scores.add([1, 5], [1, 1])).toThrow(/DamageScores\.add: reference\[1\].*5/);
    expect(() => scores.add([1, 1], [1, 0.5])).toThrow(/prediction\[1\]/);
    expect(() => scores.add([1], [1, 1])).toThrow(/prediction/);
    expect(scores.localization()).toBe(1);
  });
});

describe('majorityByRegion', () => {
  it('is what most pixels of a region say', () => {
    const regions = [1, 1, 1, 3, 3, 0, 1, 3];
    const labels = [2, 4, 4, 0, 3, 1, 2, 0];
    // Two are as frequent: the lower; region 2 has no pixel.
    expect([...majorityByRegion(regions, labels)]).toEqual([2, 0, 3]);
    expect([...majorityByRegion([1, 1, 1], [255, 255, 4], { nothing: 255 })]).toEqual([4]);
    expect(() => majorityByRegion([1], [1, 2])).toThrow(/majorityByRegion: labels/);
    expect(() => majorityByRegion([-1], [1])).toThrow(/regions\[0\]/);
  });
});

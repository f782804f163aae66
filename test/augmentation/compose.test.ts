import { describe, expect, it } from 'vitest';
import { type AugmentationStep, compose, flip, rotate } from '../../src/augmentation/index.js';
import { cases } from './augmentationFixture.js';

const image = {
  height: 5,
  width: 5,
  channels: 2,
  data: Float32Array.from({ length: 50 }, (_, i) => i),
};
const key = (step: number) => ({ seed: 3, stream: 9, step });

describe('compose', () => {
  it('draws the same for the same key, and something else for another', () => {
    const augment = compose([{ name: 'flip' }, { name: 'rotate', degrees: [-30, 30] }]);
    const results = Array.from({ length: 20 }, (_, step) => [...augment({ image }, key(step)).image.data]);
    expect(results.map((_, step) => [...augment({ image }, key(step)).image.data])).toEqual(results);
    expect(new Set(results.map(String)).size).toBeGreaterThan(10);
    expect(image.data).toEqual(Float32Array.from({ length: 50 }, (_, i) => i));
  });

  it('applies each step with its probability, independent of the others', () => {
    const steps = 400;
    const count = (chain: AugmentationStep[]) =>
      Array.from(
        { length: steps },
        (_, step) => compose(chain)({ image }, key(step)).image.data !== image.data,
      );
    const share = (applied: boolean[]) => applied.filter(Boolean).length / steps;
    expect(share(count([{ name: 'flip', probability: 0 }]))).toBe(0);
    expect(share(count([{ name: 'flip', probability: 1 }]))).toBe(1);
    expect(share(count([{ name: 'flip', probability: 0.25 }]))).toBeGreaterThan(0.18);
    expect(share(count([{ name: 'flip', probability: 0.25 }]))).toBeLessThan(0.32);
  });

  it('draws for a step whether or not the one before it is applied', () => {
    const turn: AugmentationStep = { name: 'rotate', degrees: [90] };
    const mirrored = flip({ image }, 'horizontal');
    for (let step = 0; step < 30; step++) {
      const turned = compose([{ name: 'flip', probability: 0 }, turn])({ image }, key(step)).image !== image;
      const both = compose([{ name: 'flip', probability: 1, directions: ['horizontal'] }, turn]);
      expect(both({ image }, key(step))).toEqual(turned ? rotate(mirrored, 90) : mirrored);
    }
  });

  it('takes every direction and every angle, and a range of angles', () => {
    const seen = (steps: AugmentationStep[]) =>
      new Set(
        Array.from({ length: 60 }, (_, step) => String(compose(steps)({ image }, key(step)).image.data)),
      );
    const flips = (['horizontal', 'vertical', 'both'] as const).map((d) =>
      String(flip({ image }, d).image.data),
    );
    expect(seen([{ name: 'flip', probability: 1 }])).toEqual(new Set(flips));
    const turns = [90, 180, 270].map((d) => String(rotate({ image }, d).image.data));
    expect(seen([{ name: 'rotate', probability: 1, degrees: [90, 180, 270] }])).toEqual(new Set(turns));
    expect(seen([{ name: 'rotate', probability: 1, degrees: [0, 90] }]).size).toBeGreaterThan(50);
  });

  it('names what is wrong with a step', () => {
    expect(() => compose([{ name: 'flip', probability: 2 }])).toThrow('flip.probability is 2');
    expect(() => compose([{ name: 'rotate', degrees: [] }])).toThrow('rotate.degrees');
    expect(() => compose([{ name: 'blur' } as unknown as AugmentationStep])).toThrow("'blur'");
  });
});

const built = ['flip', 'center_rotate'];
for (const { id } of cases.filter((c) => !built.includes(c.function))) it.todo(id);

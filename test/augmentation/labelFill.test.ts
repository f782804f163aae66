import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AugmentationSample,
  type AugmentationStep,
  compose,
  rescale,
  rotate,
  shift,
} from '../../src/augmentation/index.js';

const SIDE = 12;
const plane = (value: (i: number) => number) => ({
  height: SIDE,
  width: SIDE,
  channels: 1,
  data: Float32Array.from({ length: SIDE * SIDE }, (_, i) => value(i)),
});
const image = plane((i) => 0.2 + (i % 7) / 10);
/** Classes 1 to 3: no pixel is 0. */
const label = plane((i) => 1 + (i % 3));
const ones = plane(() => 1);

type Change = (sample: AugmentationSample, options: { labelFill?: number }) => AugmentationSample;
const changes: [string, Change][] = [
  ['a turn', (sample, options) => rotate(sample, 30, options)],
  ['a quarter turn', (sample, options) => rotate(sample, 90, options)],
  ['a reduction', (sample, options) => rescale(sample, 0.6, options)],
  ['a reduction to one side', (sample, options) => rescale(sample, 0.6, { position: [0, 0.9], ...options })],
  ['a shift', (sample, options) => shift(sample, [-2, 3], options)],
  ['a shift out of the picture', (sample, options) => shift(sample, [0, 50], options)],
];

describe('the border of a label without a mask', () => {
  it.each(changes)('after %s is the value that the user chooses', (_, change) => {
    for (const labelFill of [255, -1, 2]) {
      const changed = change({ image, label }, { labelFill });
      const { mask } = change({ image, mask: ones }, {});
      expect([...mask!.data]).toContain(0);
      mask!.data.forEach((valid, i) => {
        if (valid === 0) expect(changed.label!.data[i]).toBe(labelFill);
        else expect([1, 2, 3]).toContain(changed.label!.data[i]);
      });
    }
  });

  it.each(changes)('after %s is 0 otherwise, and so is that of a mask in any case', (_, change) => {
    const { label: changed, mask } = change({ image, label, mask: ones }, {});
    expect([...changed!.data].map(Math.sign)).toEqual([...mask!.data]);
    expect(change({ image, label, mask: ones }, { labelFill: 255 }).mask).toEqual(mask);
    expect(change({ image, label }, { labelFill: 255 }).image).toEqual(change({ image }, {}).image);
  });

  it('is it in any chain of steps', () => {
    const steps: AugmentationStep[] = [
      { name: 'rescale', range: [0.5, 0.9], crop: 'random' },
      { name: 'flip' },
      { name: 'rotate', degrees: [-40, 40] },
      { name: 'shift', fraction: 0.3 },
      { name: 'gamma' },
      { name: 'jitter' },
    ];
    const chains = fc.shuffledSubarray(steps, { minLength: 1 });
    fc.assert(
      fc.property(chains, fc.constantFrom(255, -1), fc.nat(1000), (chain, labelFill, step) => {
        const augment = compose(
          chain.map((one) => ({ ...one, probability: 1 })),
          { labelFill },
        );
        const key = { seed: 1, stream: 2, step };
        const changed = augment({ image, label }, key).label!;
        const { mask } = augment({ image, mask: ones }, key);
        changed.data.forEach((value, i) => {
          if (mask!.data[i] === 0) expect(value).toBe(labelFill);
          else expect([1, 2, 3]).toContain(value);
        });
      }),
    );
  });

  it('is it where labels are turned as by the code of the tutorial, and is mixed with no class', () => {
    const classes = plane((i) => (i % SIDE < 6 ? 4 : 4 + 251 * Number(i % 5 === 0)));
    const turned = rotate({ image, label: classes, mask: ones }, 30, { compat: 'tutorial', labelFill: 255 });
    expect(new Set(turned.label!.data)).toEqual(new Set([4, 255]));
    expect(turned.mask).toEqual(rotate({ image, mask: ones }, 30, { compat: 'tutorial' }).mask);
    const mixed = rotate({ image, label: classes }, 30, { compat: 'tutorial' });
    expect(new Set(mixed.label!.data).size).toBeGreaterThan(3);
    const steps: AugmentationStep[] = [{ name: 'rotate', probability: 1, degrees: [30], compat: 'tutorial' }];
    const key = { seed: 1, stream: 2, step: 3 };
    const composed = compose(steps, { labelFill: 255 })({ image, label: classes }, key);
    expect(composed.label).toEqual(turned.label);
    expect(compose(steps)({ image, label: classes }, key).label).toEqual(mixed.label);
  });

  it('is a number that a label can hold', () => {
    const refused = 'labelFill is 0.1; it must be a number that a float32 holds, as labels do.';
    for (const [, change] of changes) {
      expect(() => change({ image, label }, { labelFill: 0.1 })).toThrow(refused);
      expect(() => change({ image, label }, { labelFill: Number.POSITIVE_INFINITY })).toThrow(
        'labelFill is Infinity',
      );
    }
    expect(() => compose([], { labelFill: 2 ** 24 + 1 })).toThrow(/^compose: labelFill is 16777217/);
  });
});

import { describe, expect, it } from 'vitest';
import { type AugmentationSample, rotate } from '../../src/augmentation/index.js';
import { expectClose } from '../support/compare.js';
import { cases, inputSample, values } from './augmentationFixture.js';

/** The angle that the reference drew: a range is drawn with `uniform`, a list with `choice`. */
function degreesOf(c: (typeof cases)[number]): number {
  return c.draws[0].value;
}

describe('rotate', () => {
  it.each(cases.filter((c) => c.function === 'center_rotate').map((c) => [c.id, c] as const))(
    '%s',
    (_, c) => {
      const turned = rotate(inputSample(c.input), degreesOf(c), { compat: 'tutorial' });
      const expected = values(c.image_key);
      expectClose(turned.image.data, expected, { abs: c.tolerance.abs });
      const mean =
        turned.image.data.reduce((sum, v, i) => sum + Math.abs(v - expected[i]), 0) / expected.length;
      expect(mean).toBeLessThanOrEqual(c.tolerance.mean_abs ?? c.tolerance.abs);
      for (const [key, part] of [
        [c.label_key, turned.label],
        [c.mask_key, turned.mask],
      ] as const) {
        if (!key) continue;
        const reference = values(key);
        const differing = part!.data.filter((v, i) => v !== reference[i]).length;
        expect(differing / reference.length).toBeLessThanOrEqual(
          c.tolerance.label_max_differing_fraction ?? 0,
        );
      }
    },
  );

  it('invents no class in labels', () => {
    const data = Float32Array.from({ length: 81 }, (_, i) => (i % 9 < 4 ? 0 : 10));
    const label = { height: 9, width: 9, channels: 1, data };
    const image = { ...label, data: data.slice() };
    const turned = rotate({ image, label }, 30);
    expect(new Set(turned.label!.data)).toEqual(new Set([0, 10]));
    const rounded = rotate({ image, label }, 30, { compat: 'tutorial' });
    expect(new Set(rounded.label!.data).size).toBeGreaterThan(2);
  });

  it('keeps an odd-sized image under four quarter turns', () => {
    const data = Float32Array.from({ length: 50 }, (_, i) => Math.sin(i));
    const image = { height: 5, width: 5, channels: 2, data };
    let sample: AugmentationSample = { image };
    for (let i = 0; i < 4; i++) sample = rotate(sample, 90);
    expect(sample.image.data).toEqual(data);
    expect(rotate({ image }, -270)).toEqual(rotate({ image }, 90));
    expect(() => rotate({ image }, Number.NaN)).toThrow('degrees is NaN');
  });
});

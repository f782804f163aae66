import { describe, expect, it } from 'vitest';
import {
  type AugmentationSample,
  adjustContrast,
  jitter,
  shiftBrightness,
} from '../../src/augmentation/index.js';
import { expectClose } from '../support/compare.js';
import { type AugmentationCase, cases, inputSample, values } from './augmentationFixture.js';

type Change = (sample: AugmentationSample, c: AugmentationCase) => AugmentationSample;

/** What the reference calls these changes; its additive one multiplies. */
const changes: Record<string, Change> = {
  br_additive: (sample, c) => shiftBrightness(sample, c.draws[0].value, { compat: 'tutorial' }),
  br_contrast: (sample, c) => adjustContrast(sample, c.draws[0].value),
  br_jitter: (sample, c) => jitter(sample, 1, values(c.draws[1].value_key!)),
};
const own = cases.filter(
  (c) => (c.params.br_type as string | undefined) && (c.params.br_type as string) in changes,
);

describe('changes of brightness', () => {
  it.each(own.map((c) => [c.id, c] as const))('%s', (_, c) => {
    const sample = { image: inputSample(c.input).image };
    const change = changes[c.params.br_type as string];
    expectClose(change(sample, c).image.data, values(c.image_key), c.tolerance);
    if (c.documented_behaviour_key) {
      const added = shiftBrightness(sample, c.draws[0].value);
      expectClose(added.image.data, values(c.documented_behaviour_key), c.tolerance);
      expect(added.image.data).not.toEqual(change(sample, c).image.data);
    }
    expect(sample.image).toEqual(inputSample(c.input).image);
  });

  const plane = (...data: number[]) => ({
    height: 1,
    width: data.length,
    channels: 1,
    data: new Float32Array(data),
  });
  const key = { seed: 1, stream: 2, step: 3 };

  it('leaves label, mask and the pixels outside the mask', () => {
    const sample = { image: plane(0.5, 0.25), mask: plane(0, 1), label: plane(3, 4) };
    for (const changed of [
      shiftBrightness(sample, 0.1),
      adjustContrast(sample, 1.1),
      jitter(sample, 0.1, key),
    ]) {
      expect(changed).toMatchObject({ mask: sample.mask, label: sample.label });
      expect(changed.image.data[0]).toBe(0.5);
      expect(changed.image.data[1]).not.toBe(0.25);
    }
  });

  it('limits to [0, 1], or not at all for z-scores', () => {
    const image = plane(-2, 0.75, 3);
    expect([...shiftBrightness({ image }, 0.5).image.data]).toEqual([0, 1, 1]);
    expect([...shiftBrightness({ image }, 0.5, { limits: null }).image.data]).toEqual([-1.5, 1.25, 3.5]);
    expect([...adjustContrast({ image }, 2).image.data]).toEqual([0, 1, 1]);
    expect([...adjustContrast({ image }, 2, { limits: null }).image.data]).toEqual([-4, 1.5, 6]);
    expectClose(jitter({ image }, 1, [0, 0, 0]).image.data, [1e-4, 0.75, 3], { abs: 1e-9 });
    expect([...jitter({ image }, 1, [1, 1, 1], { limits: null }).image.data]).toEqual([-1, 1.75, 4]);
  });

  it('jitters with noise of the standard deviation asked for', () => {
    const image = plane(...new Array(4000).fill(0.5));
    const { data } = jitter({ image }, 0.05, key).image;
    const mean = data.reduce((sum, v) => sum + v, 0) / data.length;
    const std = Math.sqrt(data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / data.length);
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.004);
    expect(std).toBeGreaterThan(0.047);
    expect(std).toBeLessThan(0.053);
    expect(jitter({ image }, 0.05, { ...key, step: 4 }).image.data).not.toEqual(data);
  });

  it('names what is wrong', () => {
    const image = plane(1);
    expect(() => shiftBrightness({ image }, Number.NaN)).toThrow('shiftBrightness: amount is NaN');
    expect(() => adjustContrast({ image }, -1)).toThrow('adjustContrast: factor is -1');
    expect(() => jitter({ image }, -1, key)).toThrow('jitter: sigma is -1');
    const limits = [1, null] as unknown as [number, number];
    expect(() => adjustContrast({ image }, 1, { limits })).toThrow('adjustContrast: limits is [1, ]');
    expect(() => jitter({ image }, 1, [1, 2])).toThrow('noise.length is 2');
  });
});

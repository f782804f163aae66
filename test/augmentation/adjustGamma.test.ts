import { describe, expect, it } from 'vitest';
import { type AugmentationSample, adjustGamma } from '../../src/augmentation/index.js';
import { expectClose } from '../support/compare.js';
import { type AugmentationCase, cases, inputSample, values } from './augmentationFixture.js';

const names = ['shift_brightness', 'br_manipulation'];
const gammaCases = cases.filter((c) => names.includes(c.function) && c.params.shift_subset);

/** Group after group as the reference goes, each with its draws: gamma, and of a patch centre, angle, scale, gamma. */
function apply(c: AugmentationCase): AugmentationSample {
  const draws = c.draws.map((draw) => draw.value);
  let sample: AugmentationSample = { image: inputSample(c.input).image };
  let firstBand = 0;
  for (const bandCount of c.params.shift_subset as number[]) {
    const [gamma] = draws.splice(0, 1);
    let patch: Parameters<typeof adjustGamma>[2] = {};
    if (c.params.patch_shift) {
      const [centreX, centreY, degrees, scale, wholeGamma] = draws.splice(0, 5);
      patch = { patch: { centreX, centreY, degrees, scale, wholeGamma } };
    }
    sample = adjustGamma(sample, gamma, { firstBand, bandCount, ...patch });
    firstBand += bandCount;
  }
  expect(draws).toEqual([]);
  return sample;
}

describe('adjustGamma', () => {
  it.each(gammaCases.map((c) => [c.id, c] as const))('%s', (_, c) => {
    const { data } = apply(c).image;
    const expected = values(c.image_key);
    const allowed = c.tolerance.max_differing_pixel_fraction ?? 0;
    const differs = data.map((value, i) => Number(!(Math.abs(value - expected[i]) <= c.tolerance.abs)));
    expect(differs.reduce((sum, v) => sum + v, 0) / data.length).toBeLessThanOrEqual(allowed);
    if (allowed === 0) expectClose(data, expected, c.tolerance);
    if (c.draws.some((draw) => draw.value !== 1)) expect(data).not.toEqual(inputSample(c.input).image.data);
  });

  it('takes negative values for 0, or mirrors them, and leaves pixels outside the mask', () => {
    const image = { height: 1, width: 3, channels: 1, data: new Float32Array([-0.5, 0.25, 0.25]) };
    const mask = { height: 1, width: 3, channels: 1, data: new Float32Array([1, 1, 0]) };
    expect([...adjustGamma({ image, mask }, 0.5).image.data]).toEqual([0, 0.5, 0.25]);
    const mirrored = adjustGamma({ image, mask }, 2, { negative: 'mirror' });
    expect([...mirrored.image.data]).toEqual([-0.25, 0.0625, 0.25]);
  });

  it('names what is wrong', () => {
    const image = { height: 1, width: 1, channels: 2, data: new Float32Array(2) };
    expect(() => adjustGamma({ image }, 0)).toThrow('adjustGamma: gamma is 0');
    expect(() => adjustGamma({ image }, 1, { firstBand: 1, bandCount: 2 })).toThrow('bandCount is 2');
    const patch = { degrees: 0, centreX: 0, centreY: 0, scale: 0 };
    expect(() => adjustGamma({ image }, 1, { patch })).toThrow('patch.scale is 0');
  });
});

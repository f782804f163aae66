import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rescale } from '../../src/augmentation/index.js';
import { expectClose } from '../support/compare.js';
import { type AugmentationCase, cases, inputSample, values } from './augmentationFixture.js';

/** The draws of the reference: a factor, then for random crops the first row and column. */
function drawsOf({ draws, input }: AugmentationCase, scale: number) {
  const { height, width } = inputSample(input).image;
  const place = (offset: number, size: number) =>
    (offset + 0.5) / (Math.abs(Math.round(scale * size) - size) + 1);
  const [, row, column] = draws.map((draw) => draw.value);
  return row === undefined ? {} : { position: [place(row, height), place(column, width)] as const };
}

describe('rescale', () => {
  it.each(cases.filter((c) => c.function === 're_scale').map((c) => [c.id, c] as const))('%s', (_, c) => {
    const sample = inputSample(c.input);
    const scale = c.draws[0].value;
    const scaled = rescale(sample, scale, drawsOf(c, scale));
    expectClose(scaled.image.data, values(c.image_key), c.tolerance);
    if (c.label_key) expect(scaled.label!.data).toEqual(values(c.label_key));
    if (c.mask_key) expect(scaled.mask!.data).toEqual(values(c.mask_key));
    expect(sample).toEqual(inputSample(c.input));
  });

  const size = fc.integer({ min: 1, max: 12 });
  const shapes = fc.record({ height: size, width: size, channels: fc.integer({ min: 1, max: 4 }) });

  it('keeps shape, range and classes for every shape, and everything at factor 1', () => {
    const fraction = fc.double({ min: 0, max: 0.999, noNaN: true });
    const factor = fc.double({ min: 0.1, max: 4, noNaN: true });
    fc.assert(
      fc.property(shapes, factor, fc.tuple(fraction, fraction), (shape, scale, position) => {
        const { height, width, channels } = shape;
        const image = {
          ...shape,
          data: Float32Array.from(
            { length: height * width * channels },
            (_, i) => 0.5 + 0.4 * Math.sin(7 * i),
          ),
        };
        const plane = (modulus: number) => ({
          height,
          width,
          channels: 1,
          data: Float32Array.from({ length: height * width }, (_, i) => (i * i) % modulus),
        });
        const sample = { image, label: plane(5), mask: plane(2) };
        const scaled = rescale(sample, scale, { position });
        expect(scaled.image).toMatchObject(shape);
        const whole = scale * Math.min(height, width) >= Math.max(height, width);
        for (const value of scaled.image.data) {
          expect(value === 0 ? !whole : value > 0.0999 && value < 0.9001).toBe(true);
        }
        const classes = new Set([0, ...sample.label.data]);
        expect(scaled.label!.data.every((value) => classes.has(value))).toBe(true);
        // The mask goes with the label, pixel by pixel.
        const both = rescale({ ...sample, mask: sample.label }, scale, { position });
        expect(both.mask).toEqual(scaled.label);
        expect(rescale(sample, 1, { position })).toEqual(sample);
      }),
    );
  });

  it('keeps a linear ramp when it enlarges, and the ratio of the sides', () => {
    const [height, width] = [6, 12];
    const data = Float32Array.from({ length: height * width }, (_, i) => Math.floor(i / width) + (i % width));
    const image = { height, width, channels: 1, data };
    const { data: large } = rescale({ image }, 2).image;
    expectClose(
      large,
      data.map((_, i) => {
        const [y, x] = [Math.floor(i / width), i % width];
        return (y + 3.5) / 2 - 0.5 + (x + 6.5) / 2 - 0.5;
      }),
      { abs: 1e-5 },
    );
    const ones = { height, width, channels: 1, data: new Float32Array(height * width).fill(1) };
    const { data: small } = rescale({ image: ones }, 0.5).image;
    const inside = (i: number) => {
      const [y, x] = [Math.floor(i / width), i % width];
      return y >= 1 && y < 4 && x >= 3 && x < 9;
    };
    expectClose(
      small,
      ones.data.map((_, i) => Number(inside(i))),
      { abs: 1e-6 },
    );
  });

  it('names what is wrong', () => {
    const image = { height: 2, width: 2, channels: 1, data: new Float32Array(4) };
    expect(() => rescale({ image }, 0)).toThrow('rescale: scale is 0');
    expect(() => rescale({ image }, 2, { position: [0, 1] })).toThrow('position is 1');
  });
});

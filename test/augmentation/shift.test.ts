import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shift } from '../../src/augmentation/index.js';

describe('shift', () => {
  it('moves every pixel of image, label and mask alike, or out of the picture', () => {
    const size = fc.integer({ min: 1, max: 7 });
    const pixels = fc.integer({ min: -9, max: 9 });
    fc.assert(
      fc.property(
        size,
        size,
        fc.integer({ min: 1, max: 3 }),
        pixels,
        pixels,
        (...[height, width, channels, down, right]) => {
          const raster = (bands: number) => ({
            height,
            width,
            channels: bands,
            data: Float32Array.from({ length: height * width * bands }, (_, i) => i + 1),
          });
          const sample = { image: raster(channels), label: raster(1), mask: raster(1) };
          const before = structuredClone(sample);
          const moved = shift(sample, [down, right], { labelFill: -7 });
          const expected = (bands: number, fill: number) =>
            Array.from({ length: height * width * bands }, (_, i) => {
              const pixel = Math.floor(i / bands);
              const [row, column] = [Math.floor(pixel / width) - down, (pixel % width) - right];
              const isInside = row >= 0 && row < height && column >= 0 && column < width;
              return isInside ? (row * width + column) * bands + (i % bands) + 1 : fill;
            });
          expect([...moved.image.data]).toEqual(expected(channels, 0));
          expect([...moved.label!.data]).toEqual(expected(1, -7));
          expect([...moved.mask!.data]).toEqual(expected(1, 0));
          expect(sample).toEqual(before);
        },
      ),
    );
  });

  it('takes whole pixels', () => {
    const image = { height: 1, width: 1, channels: 1, data: new Float32Array(1) };
    expect(() => shift({ image }, [0.5, 0])).toThrow('shift: offset is 0.5');
    expect(() => shift({ image }, [0] as unknown as [number, number])).toThrow('shift: offset is undefined');
  });
});

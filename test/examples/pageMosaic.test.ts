import { expect, it } from 'vitest';
import { mosaic } from '../../examples/browser/worker/mosaic.js';

it('lays images out in rows and columns, with missing pixels between them', () => {
  const image = (value: number) => ({
    height: 1,
    width: 2,
    channels: 2,
    data: new Float32Array(4).fill(value),
  });
  const { height, width, channels, data } = mosaic([image(1), image(2), image(3), image(4)], 2);
  expect([height, width, channels]).toEqual([4, 6, 2]);
  const row = (y: number) => Array.from({ length: width }, (_, x) => data[(y * width + x) * channels + 1]);
  const gap = [Number.NaN, Number.NaN];
  expect(row(0)).toEqual([1, 1, ...gap, 2, 2]);
  for (const y of [1, 2]) expect(row(y)).toEqual([...gap, ...gap, ...gap]);
  expect(row(3)).toEqual([3, 3, ...gap, 4, 4]);
});

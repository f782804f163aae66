import { expect, it } from 'vitest';
import { BlockCache } from '../../src/data/tiff/BlockCache.js';

it('keeps copies of the blocks used last, within its bytes', () => {
  const cache = new BlockCache(100);
  const [a, b] = [cache.of('a'), cache.of('b')];
  const block = new Uint16Array(20).fill(1); // 40 bytes.
  a.keep(0, block);
  block.fill(2);
  b.keep(0, block);
  expect(cache.byteLength).toBe(80);
  expect([a.get(0)?.[0], b.get(0)?.[0]]).toEqual([1, 2]);
  expect(a.get(0)).toBeDefined(); // Used after b's.
  b.keep(1, block.fill(3)); // In the memory of b's first.
  expect([a.get(0)?.[19], b.get(1)?.[19]]).toEqual([1, 3]);
  block.fill(4);
  expect(b.get(1)?.[0]).toBe(3);
  a.get(0);
  expect([a.has(0), b.has(0), b.has(1)]).toEqual([true, false, true]);
  expect(cache.byteLength).toBe(80);
  a.keep(2, new Uint8Array(101));
  expect([a.has(2), a.has(0)]).toEqual([false, true]);
  a.keep(3, new Uint8Array(100));
  expect([a.has(0), b.has(1), a.has(3), cache.byteLength]).toEqual([false, false, true, 100]);
});

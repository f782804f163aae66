import { describe, expect, it } from 'vitest';
import { BlockCache } from '../../src/data/tiff/BlockCache.js';

describe('a cache of blocks', () => {
  it('keeps copies of the blocks used last, within its bytes', () => {
    const cache = new BlockCache(100);
    const [a, b] = [cache.of('a'), cache.of('b')];
    const block = new Uint16Array(20).fill(1); // 40 bytes.
    a.keep(0, block, 20);
    block.fill(2);
    b.keep(0, block, 20);
    expect(cache.byteLength).toBe(80);
    expect([a.get(0, 20)?.[0], b.get(0, 20)?.[0]]).toEqual([1, 2]);
    expect(a.get(0, 20)).toBeDefined(); // Used after b's.
    b.keep(1, block.fill(3), 20); // In the memory of b's first.
    expect([a.get(0, 20)?.[19], b.get(1, 20)?.[19]]).toEqual([1, 3]);
    block.fill(4);
    expect(b.get(1, 20)?.[0]).toBe(3);
    a.get(0, 20);
    expect([a.has(0, 20), b.has(0, 20), b.has(1, 20)]).toEqual([true, false, true]);
    expect(cache.byteLength).toBe(80);
    a.keep(2, new Uint8Array(101), 101);
    expect([a.has(2, 101), a.has(0, 20)]).toEqual([false, true]);
    a.keep(3, new Uint8Array(100), 100);
    expect([a.has(0, 20), b.has(1, 20), a.has(3, 100), cache.byteLength]).toEqual([false, false, true, 100]);
  });

  it('keeps of a block the first values, or more once they are there, in its room', () => {
    const cache = new BlockCache(100);
    const store = cache.of('a');
    store.keep(0, new Uint16Array(10).fill(1), 30);
    expect([store.has(0, 10), store.has(0, 11), store.get(0, 11)]).toEqual([true, false, undefined]);
    expect(cache.byteLength).toBe(60);
    store.keep(0, new Uint16Array(20).fill(1), 30);
    store.keep(0, new Uint16Array(5).fill(1), 30);
    expect([...(store.get(0, 20)?.subarray(0, 20) ?? [])]).toEqual(new Array(20).fill(1));
    expect([store.has(0, 21), cache.byteLength]).toEqual([false, 60]);
    // Another block in that room: no value of the first is taken for one of its own.
    store.keep(1, new Uint16Array(3).fill(2), 30);
    expect([store.has(0, 1), store.has(1, 3), store.has(1, 4)]).toEqual([false, true, false]);
  });

  it('knows whether blocks are asked for again before they have to give way', () => {
    const store = new BlockCache(10).of('a');
    for (let block = 0; block < 100; block++) store.keep(block, new Uint8Array(10), 10);
    expect(store.areFoundAgain()).toBe(false);
    for (let block = 0; block < 100; block++) {
      store.keep(block, new Uint8Array(10), 10);
      store.get(block, 10);
    }
    expect(store.areFoundAgain()).toBe(true);
    for (let block = 0; block < 100; block++) store.keep(block, new Uint8Array(10), 10);
    expect(store.areFoundAgain()).toBe(false);
  });
});

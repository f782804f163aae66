import { describe, expect, it } from 'vitest';
import type { PixelWindow } from '../../src/data/index.js';
import { checkWindows, type WindowOptions, windowCount, windowPlace } from '../../src/data/sceneWindows.js';

const key = (number: number, epoch = 0, row = 0, seed = 7) => ({ seed, epoch, row, number });
const placeOf = (
  scene: [number, number],
  size: [number, number],
  options: WindowOptions & { key: ReturnType<typeof key>; attempt?: number },
) => windowPlace(scene, size, { attempt: 0, ...options }) as PixelWindow;

describe('windows on a grid', () => {
  const scene: [number, number] = [103, 70];
  const size: [number, number] = [20, 16];
  const all = Array.from({ length: 20 }, (_, k) => placeOf(scene, size, { at: 'grid', key: key(k) }));

  it('lie side by side in the middle of the scene', () => {
    expect(windowCount(scene, size, { at: 'grid' })).toBe(20);
    expect(all[0]).toEqual({ top: 1, left: 3, height: 20, width: 16 });
    expect(all[1]).toEqual({ top: 1, left: 19, height: 20, width: 16 });
    expect(all[19]).toEqual({ top: 81, left: 51, height: 20, width: 16 });
    expect(new Set(all.map(({ top, left }) => `${top} ${left}`)).size).toBe(20);
  });

  it('one of a scene that holds no two is that around its centre', () => {
    expect(placeOf([31, 40], [20, 21], { at: 'grid', key: key(0) })).toMatchObject({ top: 5, left: 9 });
    const small = placeOf([10, 40], [20, 30], { at: 'grid', key: key(0) });
    expect(small).toEqual({ top: 0, left: 5, height: 10, width: 30 });
  });

  it('are others each epoch where fewer are wanted, none twice, and each is taken in time', () => {
    const seen = new Set<string>();
    for (let epoch = 0; epoch < 40; epoch++) {
      const options = { at: 'grid', count: 6 } as const;
      expect(windowCount(scene, size, options)).toBe(6);
      const taken = Array.from({ length: 6 }, (_, k) =>
        placeOf(scene, size, { ...options, key: key(k, epoch) }),
      );
      const places = taken.map(({ top, left }) => `${top} ${left}`);
      expect(new Set(places).size).toBe(6);
      for (const place of taken) expect(all).toContainEqual(place);
      for (const place of places) seen.add(place);
    }
    expect(seen.size).toBe(20);
    expect(windowCount(scene, size, { at: 'grid', count: 50 })).toBe(20);
  });
});

describe('random windows', () => {
  it('are as many as the areas say, and at least one', () => {
    expect(windowCount([103, 70], [20, 16], {})).toBe(22);
    expect(windowCount([10, 10], [20, 16], {})).toBe(1);
    expect(windowCount([10, 10], [20, 16], { count: 3 })).toBe(3);
  });

  it('lie anywhere in the scene, evenly, up to its edges', () => {
    const counts = new Map<number, number>();
    for (let k = 0; k < 4000; k++) {
      const { top, left, height, width } = placeOf([24, 40], [20, 16], { key: key(k) });
      expect([height, width]).toEqual([20, 16]);
      expect(left >= 0 && left <= 24).toBe(true);
      counts.set(top, (counts.get(top) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([0, 1, 2, 3, 4]);
    // 800 of each expected; the standard deviation is 25.
    for (const count of counts.values()) expect(Math.abs(count - 800)).toBeLessThan(130);
  });

  it('depend on seed, epoch, row, number and attempt, and on nothing else', () => {
    const place = (...[number, epoch, row, seed]: Parameters<typeof key>) =>
      placeOf([10980, 10980], [64, 64], { key: key(number, epoch, row, seed) });
    expect(place(3)).toEqual(place(3));
    const others = [place(3), place(4), place(3, 1), place(3, 0, 1), place(3, 0, 0, 8)];
    const again = placeOf([10980, 10980], [64, 64], { key: key(3), attempt: 1 });
    expect(new Set([...others, again].map(({ top, left }) => `${top} ${left}`)).size).toBe(6);
  });

  it('are drawn 16 times at most', () => {
    const draw = (attempt: number) => windowPlace([50, 50], [9, 9], { key: key(0), attempt });
    expect(draw(15)).toBeDefined();
    expect(draw(16)).toBeUndefined();
    expect(windowPlace([50, 50], [9, 9], { at: 'grid', key: key(0), attempt: 1 })).toBeUndefined();
  });
});

it('windows that cannot be are named', () => {
  const check = (options: object) => () => checkWindows('f', options);
  expect(check({ at: 'middle' })).toThrow('f: windows.at');
  expect(check({ count: 0 })).toThrow('f: windows.count is 0');
  expect(check({ maxMissing: 1.5 })).toThrow('f: windows.maxMissing is 1.5');
});

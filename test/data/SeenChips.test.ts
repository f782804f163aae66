import { expect, it } from 'vitest';
import { SeenChips } from '../../src/data/SeenChips.js';

it('keeps a million chips apart in 12 bytes each, and knows where each has been seen', () => {
  const seen = new SeenChips();
  const chip = (i: number) => `tiles/r${i % 1009}/c${Math.floor(i / 1009)}.tif`;
  const count = 1_000_000;
  let [known, most] = [0, 0];
  for (let i = 0; i < count; i++) {
    if (seen.add(chip(i), i % 3 === 0 ? 2 : 1) !== 0) known++;
    if (i >= 100_000 && i % 5_000 === 0) most = Math.max(most, seen.byteLength / i);
  }
  expect(known).toBe(0);
  expect(most).toBeLessThan(12);
  expect(seen.byteLength / count).toBeGreaterThan(8);
  let wrong = 0;
  for (let i = 0; i < count; i += 11) {
    const first = i % 3 === 0 ? 2 : 1;
    if (seen.add(chip(i), 8) !== first || seen.add(chip(i), 4) !== (first | 8)) wrong++;
  }
  expect(wrong).toBe(0);
});

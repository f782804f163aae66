import { type RandomKey, randomWords } from '../internal/philox.js';

/** For each of `count` items of each sample 1 if it is among `wanted` ones chosen at random, else 0. */
export function chooseItems(batch: number, count: number, wanted: number, key: RandomKey): Uint8Array {
  const words = randomWords(batch * count, key);
  const result = new Uint8Array(batch * count);
  for (let sample = 0; sample < batch; sample++) {
    const order = Array.from({ length: count }, (_, i) => sample * count + i);
    order.sort((a, b) => words[a] - words[b] || a - b);
    for (const item of order.slice(0, wanted)) result[item] = 1;
  }
  return result;
}

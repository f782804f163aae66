import { describe, expect, it } from 'vitest';
import { randomNormal } from '../../src/internal/philox.js';
import { symmetricEigen } from '../../src/internal/symmetricEigen.js';

/** A = QᵀDQ of a random matrix: symmetric, rows and columns scaled by `scale(i)`. */
function symmetric(size: number, rank: number, scale: (i: number) => number): Float64Array {
  const random = randomNormal(size * rank, { seed: 1, stream: 0, step: size });
  const entry = (i: number, j: number) => {
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += random[i * rank + k] * random[j * rank + k];
    return sum * scale(i) * scale(j);
  };
  return Float64Array.from({ length: size * size }, (_, at) => entry(Math.floor(at / size), at % size));
}

describe('A v = λ v, and the vectors are orthonormal', () => {
  it.each<[string, number, Float64Array]>([
    ['of one entry', 1, Float64Array.of(-3)],
    ['of zeros', 4, new Float64Array(16)],
    ['diagonal', 3, Float64Array.of(2, 0, 0, 0, -1, 0, 0, 0, 2)],
    ['random', 20, symmetric(20, 30, () => 1)],
    ['of low rank', 30, symmetric(30, 5, () => 1)],
    ['of very different scales', 16, symmetric(16, 16, (i) => 10 ** (-i / 2))],
  ])('%s', (_, n, a) => {
    const copy = a.slice();
    const { values, vectors } = symmetricEigen(a, n);
    expect(a).toEqual(copy);
    const largest = Math.max(...values.map(Math.abs), 1e-300);
    for (let i = 0; i < n; i++) {
      const v = vectors.subarray(i * n, (i + 1) * n);
      for (let row = 0; row < n; row++) {
        let product = 0;
        for (let k = 0; k < n; k++) product += a[row * n + k] * v[k];
        expect(Math.abs(product - values[i] * v[row])).toBeLessThan(1e-13 * n * largest);
      }
      for (let j = 0; j <= i; j++) {
        let product = 0;
        for (let k = 0; k < n; k++) product += v[k] * vectors[j * n + k];
        expect(product).toBeCloseTo(i === j ? 1 : 0, 12);
      }
    }
  });

  it('of known values', () => {
    // The second difference: 2 − 2 cos(kπ / (n + 1)).
    const n = 12;
    const a = Float64Array.from({ length: n * n }, (_, at) => {
      const distance = Math.abs(Math.floor(at / n) - (at % n));
      return distance === 0 ? 2 : distance === 1 ? -1 : 0;
    });
    const { values } = symmetricEigen(a, n);
    values.sort().forEach((value, k) => {
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 12);
    });
  });
});

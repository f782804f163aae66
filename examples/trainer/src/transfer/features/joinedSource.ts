import type { FeatureSource } from './FeatureSource.js';

/** The vectors of one source behind those of another. */
export function joinedSource(a: FeatureSource, b: FeatureSource): FeatureSource {
  const dims = a.dims + b.dims;
  return {
    name: `${a.name} + ${b.name}`,
    dims,
    rows: async (split, chip, pixels) => {
      const [first, second] = [await a.rows(split, chip, pixels), await b.rows(split, chip, pixels)];
      const count = first.length / a.dims;
      const rows = new Float32Array(count * dims);
      for (let i = 0; i < count; i++) {
        rows.set(first.subarray(i * a.dims, (i + 1) * a.dims), i * dims);
        rows.set(second.subarray(i * b.dims, (i + 1) * b.dims), i * dims + a.dims);
      }
      return rows;
    },
  };
}

import type { RgbImage } from '../pictures/toRgb.js';

/** Parts of the values that are shown as black and as full brightness. */
const [BLACK, WHITE] = [0.02, 0.98];

/**
 * The first three components of each pixel as red, green and blue, each from its 2nd to its 98th percentile over all
 * pictures; grey where there is one alone, black where a value is missing.
 *
 * @param values Row-major [pixels, components] of each picture.
 */
export function componentPictures(
  values: readonly Float32Array[],
  components: number,
  [height, width]: readonly [height: number, width: number],
): RgbImage[] {
  const ranges = Array.from({ length: Math.min(components, 3) }, (_, k) => {
    const own = values.flatMap((one) => [
      ...one.filter((value, i) => i % components === k && Number.isFinite(value)),
    ]);
    const sorted = Float32Array.from(own).sort();
    const at = (part: number) => sorted[Math.round(part * (sorted.length - 1))];
    return [at(BLACK), at(WHITE)];
  });
  return values.map((one) => {
    const data = new Uint8Array(height * width * 3);
    for (let pixel = 0; pixel < height * width; pixel++) {
      for (let i = 0; i < 3; i++) {
        const k = ranges.length < 3 ? 0 : i;
        const [low, high] = ranges[k];
        const value = (one[pixel * components + k] - low) / (high - low || 1);
        data[pixel * 3 + i] = Math.round(255 * Math.min(1, Math.max(0, value)));
      }
    }
    return { height, width, data };
  });
}

import type { PanelImage, ValueRange } from './toRgb.js';

/** Of each band the 2nd and the 98th percentile of its values: a range to show it in, never empty. */
export function percentileRanges({ data, channels }: Pick<PanelImage, 'data' | 'channels'>): ValueRange[] {
  return Array.from({ length: channels }, (_, band) => {
    const own = Float32Array.from(
      { length: data.length / channels },
      (_, i) => data[i * channels + band],
    ).filter(Number.isFinite);
    own.sort();
    const at = (part: number) => own[Math.round(part * (own.length - 1))] ?? 0;
    const [low, high] = [at(0.02), at(0.98)];
    return [low, high > low ? high : low + 1];
  });
}

/** Where windows lie along one axis of a scene. */
export interface AxisLayout {
  /** First pixels of the windows, multiples of the stride. */
  starts: number[];
  /** Pixels of each window. */
  size: number;
  /** Pixels that neighbours share, at least. */
  overlap: number;
}

/**
 * Lays windows over an axis: evenly, the last one where it ends with the axis, all on multiples of the stride. Where
 * the axis has no such length the last window reaches beyond it; an axis shorter than a window has one of its length.
 */
export function layAxis(
  length: number,
  { window, overlap, stride }: { window: number; overlap: number; stride: number },
): AxisLayout {
  const padded = Math.ceil(length / stride) * stride;
  if (padded <= window) return { starts: [0], size: padded, overlap: 0 };
  const step = Math.floor((window - overlap) / stride) * stride;
  const count = Math.ceil((padded - window) / step);
  const starts = Array.from({ length: count }, (_, i) => i * step);
  return { starts: [...starts, padded - window], size: window, overlap: window - step };
}

/**
 * What the pixels of each window count, [windows][size]: nothing within `margin` of a border that has a neighbour, from
 * there to all at the same distance of the neighbour's border, linearly. At each pixel of the axis the sum is 1.
 */
export function axisWeights({ starts, size, overlap }: AxisLayout, margin: number): Float32Array[] {
  const ramp = overlap - 2 * margin;
  const towards = (distance: number) =>
    ramp > 0 ? Math.min(Math.max((distance - margin) / ramp, 0), 1) : Number(distance > margin);
  const last = starts.length - 1;
  const raw = starts.map((_, w) =>
    Float64Array.from({ length: size }, (_, i) =>
      Math.min(w === 0 ? 1 : towards(i + 0.5), w === last ? 1 : towards(size - i - 0.5)),
    ),
  );
  const sums = new Float64Array(starts[last] + size);
  for (const [w, weights] of raw.entries()) {
    for (let i = 0; i < size; i++) sums[starts[w] + i] += weights[i];
  }
  return raw.map((weights, w) => Float32Array.from(weights, (weight, i) => weight / sums[starts[w] + i]));
}

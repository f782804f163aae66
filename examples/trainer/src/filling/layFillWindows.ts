/** A window of one axis, and the pixels that are filled by it. */
export interface FillWindow {
  start: number;
  from: number;
  to: number;
}

/**
 * Windows along an axis, each of which fills what is further than `margin` from its borders, or up to where the axis
 * ends, so that a gap is filled with what lies around it in sight. An axis shorter than a window has one that reaches
 * beyond it.
 */
export function layFillWindows(length: number, window: number, margin: number): FillWindow[] {
  if (length <= window) return [{ start: 0, from: 0, to: length }];
  const step = window - 2 * margin;
  const count = Math.ceil((length - window) / step) + 1;
  const start = (i: number) => Math.min(i * step, length - window);
  const end = (i: number) => (i === count - 1 ? length : start(i) + window - margin);
  return Array.from({ length: count }, (_, i) => ({
    start: start(i),
    from: i === 0 ? 0 : end(i - 1),
    to: end(i),
  }));
}

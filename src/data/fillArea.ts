/**
 * Marks the pixels whose centres lie within rings, those of holes not: by the crossings of each row of centres with the
 * edges, two and two (even-odd). A centre on an edge belongs to the area on the right of it or above.
 *
 * @param rings Corners [column, row] in fractions of pixels; the last one is joined to the first.
 * @param mark Is told of a run of pixels, from `from` up to but without `to`.
 */
export function fillArea(
  rings: readonly (readonly (readonly [column: number, row: number])[])[],
  { width, height }: { width: number; height: number },
  mark: (row: number, from: number, to: number) => void,
): void {
  const rows = rings.flat().map(([, row]) => row);
  const extreme = (choose: (a: number, b: number) => number) => rows.reduce((a, b) => choose(a, b));
  const first = Math.max(0, Math.ceil(extreme(Math.min) - 0.5));
  const last = Math.min(height - 1, Math.floor(extreme(Math.max) - 0.5));
  for (let row = first; row <= last; row++) {
    const centre = row + 0.5;
    const crossings: number[] = [];
    for (const ring of rings) {
      for (let i = 0; i < ring.length; i++) {
        const [[x0, y0], [x1, y1]] = [ring[i], ring[(i + 1) % ring.length]];
        if (y0 <= centre !== y1 <= centre) crossings.push(x0 + ((centre - y0) / (y1 - y0)) * (x1 - x0));
      }
    }
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.max(0, Math.ceil(crossings[i] - 0.5));
      const to = Math.min(width, Math.ceil(crossings[i + 1] - 0.5));
      if (to > from) mark(row, from, to);
    }
  }
}

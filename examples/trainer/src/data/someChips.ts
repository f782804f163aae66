import type { ChipRow, ChipRows } from 'diffusion-ssl/data';

/** At most so many chips of a list, evenly spread over it. */
export function someChips(rows: ChipRows, count: number): ChipRow[] {
  const stride = someStride(rows, count);
  return Array.from({ length: Math.ceil(rows.length / stride) }, (_, i) => rows.at(i * stride) as ChipRow);
}

/** One in how many of a list's chips these are. */
export function someStride(rows: ChipRows, count: number): number {
  return Math.ceil(rows.length / count);
}

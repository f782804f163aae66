import type { BandStatistics, StatisticsSummary } from 'diffusion-ssl/normalization';

/** The statistics of some bands out of those of all. */
export function bandStatistics(statistics: BandStatistics, from: number, to: number): BandStatistics {
  const part = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.slice(from, to);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, part(inner)]));
  };
  const { correlation, firstBands, ...others } = statistics as Partial<StatisticsSummary>;
  const rows = correlation?.slice(from, to).map((row) => row.slice(from, to));
  const first = firstBands?.slice(from, to).map((band) => Math.max(0, band - from));
  return {
    ...(part(others) as BandStatistics),
    ...(rows && { correlation: rows }),
    ...(first && { firstBands: first }),
  };
}

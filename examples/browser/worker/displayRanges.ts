import type { BandStatistics } from 'diffusion-ssl/normalization';
import type { ValueRange } from '../../trainer/src/pictures/toRgb.js';

/** Standard deviations of a band around its mean that are shown. */
const SPREAD = 2;

/** What is shown of each band: two standard deviations around its mean, but not beyond the values that it has. */
export function displayRanges({ min, max, mean, std }: BandStatistics, bands: number): ValueRange[] {
  return Array.from({ length: bands }, (_, band) => {
    const [center, spread] = [mean?.[band] ?? 0, SPREAD * (std?.[band] ?? Number.POSITIVE_INFINITY)];
    const black = Math.max(min?.[band] ?? Number.NEGATIVE_INFINITY, center - spread);
    const white = Math.min(max?.[band] ?? Number.POSITIVE_INFINITY, center + spread);
    if (!Number.isFinite(black) || !Number.isFinite(white)) return [0, 1];
    return white > black ? [black, white] : [black - 0.5, black + 0.5];
  });
}

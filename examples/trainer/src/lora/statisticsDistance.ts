import { featureMoments, frechetDistance } from 'diffusion-ssl/metrics';
import type { Raster } from 'diffusion-ssl/normalization';
import { imageStatistics } from '../evaluating/imageStatistics.js';

/**
 * A Fréchet distance of images from real ones: of their statistics band by band, each in its deviations among the real
 * ones.
 *
 * @param real At least two.
 */
export function statisticsDistance(images: readonly Raster[], real: readonly Raster[]): number {
  const rows = real.map(imageStatistics);
  const dims = rows[0].length;
  const { mean, covariance } = featureMoments(rows.flat(), dims);
  const scaled = (list: readonly number[][]) =>
    featureMoments(
      list.flatMap((row) =>
        row.map((value, i) => (value - mean[i]) / (Math.sqrt(covariance[i * (dims + 1)]) || 1)),
      ),
      dims,
    );
  return frechetDistance(scaled(images.map(imageStatistics)), scaled(rows));
}

import type { BandStatistics, NormalizationOptions } from 'diffusion-ssl/normalization';
import type { PretrainConfig } from '../config/pretrainOptions.js';
import { nodataValues } from './nodataValues.js';

/** How a configuration scales chips; null: not at all. */
export function chipNormalization(
  config: PretrainConfig,
  globalStats: BandStatistics | undefined,
): NormalizationOptions | null {
  const { normalization: strategy, statistics: procedure, clipPercent, compat } = config;
  if (strategy === 'none') return null;
  const common = { strategy, procedure, globalStats, nodata: nodataValues(config) };
  if (compat !== 'readme') return { ...common, clipPercent, compat };
  return { ...common, limit: clipPercent > 0 ? clipPercent : undefined };
}

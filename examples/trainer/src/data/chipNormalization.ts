import { ConfigError } from 'diffusion-ssl/errors';
import type { BandStatistics, NormalizationOptions } from 'diffusion-ssl/normalization';
import type { PretrainConfig } from '../config/pretrainOptions.js';
import { nodataValues } from './nodataValues.js';

/**
 * How a configuration scales chips; null: not at all.
 *
 * @throws If bands are to be uncorrelated by other statistics than those of the whole data set.
 */
export function chipNormalization(
  config: PretrainConfig,
  globalStats: BandStatistics | undefined,
): NormalizationOptions | null {
  const { normalization: strategy, statistics: procedure, clipPercent, compat } = config;
  if (strategy === 'none') return null;
  if (strategy === 'whiten' && (procedure !== 'gpb' || compat)) {
    throw new ConfigError(
      `--normalization whiten takes the correlations of all training chips: with --statistics gpb, not ${procedure}` +
        `${compat ? `, and without compat: ${compat}` : ''}.`,
    );
  }
  const common = { strategy, procedure, globalStats, nodata: nodataValues(config) };
  if (compat !== 'readme') return { ...common, clipPercent, compat };
  return { ...common, limit: clipPercent > 0 ? clipPercent : undefined };
}

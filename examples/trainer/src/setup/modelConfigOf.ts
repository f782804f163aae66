import type { UnetAttDConfig } from 'diffusion-ssl/models';
import type { PretrainConfig } from '../config/PretrainConfig.js';

/** The network that a configuration names. */
export function modelConfigOf(config: PretrainConfig, inChannels: number): UnetAttDConfig {
  const {
    patchSize,
    filterConfig,
    blockNum,
    dropoutRate,
    dropoutType,
    skipDropRate,
    upmode,
    timeEmbeddingDim,
    seed,
  } = config;
  const useSkipAtt = config.attention;
  return {
    inChannels,
    patchSize,
    filterConfig,
    blockNum,
    dropoutRate,
    dropoutType,
    skipDropRate: skipDropRate?.length === 1 ? skipDropRate[0] : skipDropRate,
    upmode,
    useSkipAtt,
    timeEmbeddingDim,
    seed,
  };
}

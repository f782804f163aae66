import type { UnetAttDConfig } from 'diffusion-ssl/models';
import type { PretrainConfig } from '../config/PretrainConfig.js';

/** The network that a configuration names. */
export function modelConfigOf(config: PretrainConfig, inChannels: number): UnetAttDConfig {
  const { patchSize, filterConfig, blockNum, dropoutRate, dropoutType, upmode, timeEmbeddingDim, seed } =
    config;
  const useSkipAtt = config.attention;
  return {
    inChannels,
    patchSize,
    filterConfig,
    blockNum,
    dropoutRate,
    dropoutType,
    upmode,
    useSkipAtt,
    timeEmbeddingDim,
    seed,
  };
}

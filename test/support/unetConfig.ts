import type { UnetAttDConfig } from '../../src/models/UnetAttDConfig.js';

/** A network's configuration as the fixtures write it: the tutorial's keys. */
export interface TorchConfig {
  in_channels: number;
  filter_config?: number[];
  block_num?: number[];
  upmode: string;
  use_skipAtt: boolean;
  time_embedding_dim?: number;
  dropout_rate?: number;
}

/** The same configuration in the words of `unetAttD`; keys that are absent stay absent. */
export function unetConfig(config: TorchConfig): UnetAttDConfig {
  const entries: [keyof UnetAttDConfig, unknown][] = [
    ['inChannels', config.in_channels],
    ['filterConfig', config.filter_config],
    ['blockNum', config.block_num],
    ['upmode', config.upmode],
    ['useSkipAtt', config.use_skipAtt],
    ['timeEmbeddingDim', config.time_embedding_dim],
    ['dropoutRate', config.dropout_rate],
  ];
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

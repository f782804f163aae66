import { resolveUnetAttDConfig, type UnetAttDConfig } from '../models/UnetAttDConfig.js';
import { unetAttD } from '../models/unetAttD.js';
import { unetAttDParameters } from '../models/unetAttDLayers.js';
import type { ModelCodec } from './ModelCodec.js';

/** The arguments of `unetAttD`, and what torch's `unet_att_d` calls them. */
const NAMES = {
  inChannels: 'in_channels',
  outChannels: 'out_channels',
  patchSize: 'patch_size',
  filterConfig: 'filter_config',
  blockNum: 'block_num',
  dropoutRate: 'dropout_rate',
  dropoutType: 'dropout_type',
  skipDropRate: 'skip_drop_rate',
  upmode: 'upmode',
  useSkipAtt: 'use_skipAtt',
  timeEmbeddingDim: 'time_embedding_dim',
} as const;

/** `unetAttD`, under the names of torch's `unet_att_d`. */
export const unetAttDCodec: ModelCodec<UnetAttDConfig> = {
  className: 'unetAttD',
  configFile: 'config.json',
  weightsFile: 'model.safetensors',
  encode(config) {
    const resolved = resolveUnetAttDConfig(config);
    return Object.fromEntries(
      Object.entries(NAMES).map(([key, name]) => [name, resolved[key as keyof typeof NAMES]]),
    );
  },
  decode(fields) {
    const known = Object.entries(NAMES).filter(([, name]) => fields[name] !== undefined);
    const config = Object.fromEntries(known.map(([key, name]) => [key, fields[name]])) as UnetAttDConfig;
    if (typeof config.useSkipAtt !== 'boolean') throw new Error('use_skipAtt must be true or false');
    resolveUnetAttDConfig(config);
    return config;
  },
  bands: ({ inChannels = 4 }) => inChannels,
  rename: (tensors) => tensors,
  specs: (config) => unetAttDParameters(resolveUnetAttDConfig(config)),
  build: unetAttD,
};

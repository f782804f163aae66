import type * as tfl from '@tensorflow/tfjs-layers';
import type { ParameterSpec } from '../layers/ParameterSpec.js';
import { resolveUnetAttDConfig, type UnetAttDConfig } from '../models/UnetAttDConfig.js';
import { unetAttD } from '../models/unetAttD.js';
import { unetAttDParameters } from '../models/unetAttDLayers.js';

/** How a kind of network is kept in a folder, under the names that its home library has. */
export interface ModelCodec {
  /** Names of its files. */
  configFile: string;
  weightsFile: string;
  /** What the file of its architecture holds. */
  encode(config: UnetAttDConfig): Record<string, unknown>;
  /** @throws If a value is none of such a network. */
  decode(fields: Readonly<Record<string, unknown>>): UnetAttDConfig;
  /** What its parameters are, found without allocating any. */
  specs(config: UnetAttDConfig): ParameterSpec[];
  build(config: UnetAttDConfig): tfl.LayersModel;
}

/** The arguments of `unetAttD`, and what torch's `unet_att_d` calls them. */
const UNET_ATT_D = {
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

const unetAttDCodec: ModelCodec = {
  configFile: 'config.json',
  weightsFile: 'model.safetensors',
  encode(config) {
    const resolved = resolveUnetAttDConfig(config);
    return Object.fromEntries(
      Object.entries(UNET_ATT_D).map(([key, name]) => [name, resolved[key as keyof typeof UNET_ATT_D]]),
    );
  },
  decode(fields) {
    const known = Object.entries(UNET_ATT_D).filter(([, name]) => fields[name] !== undefined);
    const config = Object.fromEntries(known.map(([key, name]) => [key, fields[name]])) as UnetAttDConfig;
    if (typeof config.useSkipAtt !== 'boolean') throw new Error('use_skipAtt must be true or false');
    resolveUnetAttDConfig(config);
    return config;
  },
  specs: (config) => unetAttDParameters(resolveUnetAttDConfig(config)),
  build: unetAttD,
};

/** Name of a network's factory. */
export type ModelFactory = 'unetAttD';

/** The networks that a folder can hold, by the name of their factory. */
export const modelCodecs: Readonly<Record<ModelFactory, ModelCodec>> = { unetAttD: unetAttDCodec };

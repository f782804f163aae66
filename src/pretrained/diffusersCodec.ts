import { modernAttentionNames } from '../interop/modernAttentionNames.js';
import type { ModelCodec } from './ModelCodec.js';
import { fromArguments, toArguments } from './namedArguments.js';

/** The version of diffusers whose files these are. */
const DIFFUSERS_VERSION = '0.30.0';

/** What a network of diffusers is made by. */
interface Network<C> {
  className: string;
  pipelineFolder?: string;
  /** What DiffusionSat calls it where it takes metadata. */
  metadataClassName?: string;
  /** Whether it gives out as many channels as it takes, where a file does not say how many. Default false. */
  outFollows?: boolean;
  resolve(config: C): object;
  specs: ModelCodec<C>['specs'];
  build: ModelCodec<C>['build'];
}

/** A network of diffusers, in its own files. */
export function diffusersCodec<C extends { inChannels?: number; outChannels?: number | null }>({
  resolve,
  outFollows = false,
  ...network
}: Network<C>): ModelCodec<C> {
  return {
    ...network,
    configFile: 'config.json',
    weightsFile: 'diffusion_pytorch_model.safetensors',
    isOfDiffusers: true,
    encode(config) {
      const { metadataClassName } = network;
      const { useMetadata, numMetadata, ...others } = resolve(config) as Record<string, unknown>;
      // diffusers itself knows nothing of metadata.
      const own = useMetadata ? { ...others, useMetadata, numMetadata } : others;
      return {
        ...(useMetadata && metadataClassName ? { _class_name: metadataClassName } : {}),
        _diffusers_version: DIFFUSERS_VERSION,
        ...toArguments(own, oneForAll),
      };
    },
    decode(fields) {
      const { inChannels } = resolve({} as C) as { inChannels: number };
      // Most often the default of out_channels, unlike ours, does not follow in_channels.
      return fromArguments(fields, resolve, ({ outChannels, ...config }) => ({
        ...config,
        outChannels: outChannels ?? (outFollows ? undefined : inChannels),
      }));
    },
    bands: (config) => (resolve(config) as { inChannels: number }).inChannels,
    rename: modernAttentionNames,
  };
}

/** Where diffusers takes one number for all resolutions as well as a list, and all are the same. */
const LISTED = ['layersPerBlock', 'crossAttentionDim', 'transformerLayersPerBlock', 'attentionHeadDim'];

function oneForAll(key: string, value: unknown): unknown {
  return LISTED.includes(key) && Array.isArray(value) && value.every((entry) => entry === value[0])
    ? value[0]
    : value;
}

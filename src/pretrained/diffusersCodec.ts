import { modernAttentionNames } from '../interop/modernAttentionNames.js';
import { diffusersName, fromDiffusersConfig } from '../models/diffusersConfig.js';
import type { ModelCodec } from './ModelCodec.js';

/** The version of diffusers whose files these are. */
const DIFFUSERS_VERSION = '0.30.0';

/** What a network of diffusers is made by. */
interface Network<C> {
  className: string;
  pipelineFolder?: string;
  resolve(config: C): object;
  specs: ModelCodec<C>['specs'];
  build: ModelCodec<C>['build'];
}

/** A network of diffusers, in its own files. */
export function diffusersCodec<C extends { inChannels?: number; outChannels?: number }>({
  resolve,
  ...network
}: Network<C>): ModelCodec<C> {
  return {
    ...network,
    configFile: 'config.json',
    weightsFile: 'diffusion_pytorch_model.safetensors',
    encode(config) {
      const { seed: _, ...resolved } = resolve(config) as Record<string, unknown>;
      const named = Object.entries(resolved).map(([key, value]) => [
        diffusersName(key),
        oneForAll(key, value),
      ]);
      return { _diffusers_version: DIFFUSERS_VERSION, ...Object.fromEntries(named) };
    },
    decode(fields) {
      const { outChannels, ...config } = fromDiffusersConfig(fields);
      const inChannels = (resolve({} as C) as { inChannels: number }).inChannels;
      // Its default, unlike ours, does not follow in_channels.
      const given = { ...config, outChannels: outChannels ?? inChannels } as C;
      try {
        resolve(given);
      } catch (error) {
        // By the name that the file has.
        const named = /^\w+: (\w+)/.exec((error as Error).message);
        if (!named) throw error;
        throw new Error(diffusersName(named[1]) + (error as Error).message.slice(named[0].length), {
          cause: error,
        });
      }
      return given;
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

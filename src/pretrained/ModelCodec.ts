import type * as tfl from '@tensorflow/tfjs-layers';
import type { ParameterSpec } from '../layers/ParameterSpec.js';
import type { AutoencoderKlConfig } from '../models/AutoencoderKlConfig.js';
import type { DitConfig } from '../models/DitConfig.js';
import type { DitTransformer2dConfig } from '../models/DitTransformer2dConfig.js';
import type { Unet2dConditionConfig } from '../models/Unet2dConditionConfig.js';
import type { Unet2dConfig } from '../models/Unet2dConfig.js';
import type { UnetAttDConfig } from '../models/UnetAttDConfig.js';
import type { UVitConfig } from '../models/UVitConfig.js';
import type { VitConfig } from '../models/VitConfig.js';

/** The configurations of the networks that a folder can hold, by the name of their factory. */
export interface ModelConfigs {
  unetAttD: UnetAttDConfig;
  unet2d: Unet2dConfig;
  unet2dCondition: Unet2dConditionConfig;
  autoencoderKl: AutoencoderKlConfig;
  vit: VitConfig;
  uVit: UVitConfig;
  dit: DitConfig;
  ditTransformer2d: DitTransformer2dConfig;
}

/** Name of a network's factory. */
export type ModelFactory = keyof ModelConfigs;

/** How a kind of network is kept in a folder, under the names that its home library has. */
export interface ModelCodec<C> {
  /** What its home library calls it, in the file of its architecture. */
  className: string;
  /** Another name that it goes by there. */
  metadataClassName?: string;
  /** Whether diffusers has it, and these are its files. */
  isOfDiffusers?: boolean;
  /** Names of its files. */
  configFile: string;
  weightsFile: string;
  /** The folder of a pipeline of diffusers that these files are in, where a diffusion is saved with them. */
  pipelineFolder?: string;
  /** What the file of its architecture holds. */
  encode(config: C): Record<string, unknown>;
  /** @throws If a value is none of such a network. */
  decode(fields: Readonly<Record<string, unknown>>): C;
  /** Bands or channels that it takes. */
  bands(config: C): number;
  /** Tensors of a file under the present names. */
  rename<T>(tensors: ReadonlyMap<string, T>): ReadonlyMap<string, T>;
  /** What its parameters are, found without allocating any. */
  specs(config: C): ParameterSpec[];
  build(config: C): tfl.LayersModel;
}

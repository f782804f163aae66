import type { ModelCodec, ModelConfigs, ModelFactory } from './ModelCodec.js';
import { unetAttDCodec } from './unetAttDCodec.js';

/** What each network is called by its home library. */
const CLASS_NAMES: Readonly<Record<ModelFactory, string>> = {
  unetAttD: 'unetAttD',
  unet2d: 'UNet2DModel',
  unet2dCondition: 'UNet2DConditionModel',
  autoencoderKl: 'AutoencoderKL',
};

/** The networks that a folder can hold, by the name of their factory; those of diffusers are loaded when asked for. */
const CODECS: { [F in ModelFactory]: () => Promise<ModelCodec<ModelConfigs[F]>> } = {
  unetAttD: async () => unetAttDCodec,
  unet2d: async () => (await import('./unet2dCodec.js')).unet2dCodec,
  unet2dCondition: async () => (await import('./unet2dConditionCodec.js')).unet2dConditionCodec,
  autoencoderKl: async () => (await import('./autoencoderKlCodec.js')).autoencoderKlCodec,
};

/** The names of all factories. */
export const modelFactories = Object.keys(CODECS) as ModelFactory[];

/** How a network is kept in a folder. Its configuration is one that the codec itself has decoded, or its caller's. */
export function codecOf(factory: ModelFactory): Promise<ModelCodec<ModelConfigs[ModelFactory]>> {
  return CODECS[factory]();
}

/** The factory of what diffusers calls by this name, if there is one. */
export function factoryOfClass(className: unknown): ModelFactory | undefined {
  return modelFactories.find((factory) => CLASS_NAMES[factory] === className);
}

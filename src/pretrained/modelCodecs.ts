import { autoencoderKlCodec } from './autoencoderKlCodec.js';
import { ditCodec } from './ditCodec.js';
import { ditTransformer2dCodec } from './ditTransformer2dCodec.js';
import type { ModelCodec, ModelConfigs, ModelFactory } from './ModelCodec.js';
import { unet2dCodec } from './unet2dCodec.js';
import { unet2dConditionCodec } from './unet2dConditionCodec.js';
import { unetAttDCodec } from './unetAttDCodec.js';
import { uVitCodec } from './uVitCodec.js';
import { vitCodec } from './vitCodec.js';

/** The networks that a folder can hold, by the name of their factory. */
const CODECS: { [F in ModelFactory]: ModelCodec<ModelConfigs[F]> } = {
  unetAttD: unetAttDCodec,
  unet2d: unet2dCodec,
  unet2dCondition: unet2dConditionCodec,
  autoencoderKl: autoencoderKlCodec,
  vit: vitCodec,
  uVit: uVitCodec,
  dit: ditCodec,
  ditTransformer2d: ditTransformer2dCodec,
};

/** The names of all factories. */
export const modelFactories = Object.keys(CODECS) as ModelFactory[];

/** How a network is kept in a folder. Its configuration is one that the codec itself has decoded, or its caller's. */
export function codecOf(factory: ModelFactory): ModelCodec<ModelConfigs[ModelFactory]> {
  return CODECS[factory];
}

/** The factory of what diffusers calls by this name, if there is one. */
export function factoryOfClass(className: unknown): ModelFactory | undefined {
  const isNamed = ({ className: own, metadataClassName }: ModelCodec<never>) =>
    className === own || (metadataClassName !== undefined && className === metadataClassName);
  return modelFactories.find(
    (factory) => CODECS[factory].isOfDiffusers && isNamed(CODECS[factory] as ModelCodec<never>),
  );
}

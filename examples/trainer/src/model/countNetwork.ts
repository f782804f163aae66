import {
  autoencoderKlParameters,
  countParameters,
  countValues,
  ditParameters,
  ditTransformer2dParameters,
  type ParameterCount,
  unet2dConditionParameters,
  unet2dParameters,
  uVitParameters,
  vitParameters,
} from 'diffusion-ssl/models';
import type { PretrainedNetwork } from 'diffusion-ssl/pretrained';

/** Counts the parameters of a network without allocating any. */
export function countNetwork(network: Pick<PretrainedNetwork, 'factory' | 'config'>): ParameterCount {
  switch (network.factory) {
    case 'unet2d':
      return countValues(unet2dParameters(network.config as object));
    case 'unet2dCondition':
      return countValues(unet2dConditionParameters(network.config as object));
    case 'autoencoderKl':
      return countValues(autoencoderKlParameters(network.config as object));
    case 'vit':
      return countValues(vitParameters(network.config as object));
    case 'uVit':
      return countValues(uVitParameters(network.config as object));
    case 'dit':
      return countValues(ditParameters(network.config as object));
    case 'ditTransformer2d':
      return countValues(ditTransformer2dParameters(network.config as object));
    case 'unetAttD':
      return countParameters(network.config as object);
  }
}

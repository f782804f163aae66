import {
  autoencoderKlParameters,
  countParameters,
  countValues,
  type ParameterCount,
  unet2dConditionParameters,
  unet2dParameters,
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
    case 'unetAttD':
      return countParameters(network.config as object);
  }
}

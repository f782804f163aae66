import type * as tfl from '@tensorflow/tfjs-layers';
import { ConfigError } from 'diffusion-ssl/errors';
import { dit, unet2d, unetAttD, uVit } from 'diffusion-ssl/models';
import type { PretrainedNetwork } from 'diffusion-ssl/pretrained';

/** A network as a pretrained one, with random weights. */
export function makeNetwork(network: PretrainedNetwork, seed: number): tfl.LayersModel {
  switch (network.factory) {
    case 'unetAttD':
      return unetAttD({ ...network.config, seed });
    case 'unet2d':
      return unet2d({ ...network.config, seed });
    case 'uVit':
      return uVit({ ...network.config, seed });
    case 'dit':
      return dit({ ...network.config, seed });
    default:
      throw new ConfigError(`A network of ${network.factory} takes more than an image and a timestep.`);
  }
}

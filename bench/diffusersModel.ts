import type * as tfl from '@tensorflow/tfjs-layers';
import { autoencoderKl, unet2d, unet2dCondition } from 'diffusion-ssl/models';
import type { DiffusersTask } from './diffusersTasks.js';

const factories = {
  UNet2DModel: unet2d,
  UNet2DConditionModel: unet2dCondition,
  AutoencoderKL: autoencoderKl,
};

/** The network of a task, with the weights of its seed. */
export function makeDiffusersModel({ className, config }: DiffusersTask): tfl.LayersModel {
  const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const options = Object.fromEntries(Object.entries(config).map(([name, value]) => [camel(name), value]));
  return factories[className]({ ...options, seed: 1 });
}

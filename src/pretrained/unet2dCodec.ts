import { resolveUnet2dConfig, type Unet2dConfig } from '../models/Unet2dConfig.js';
import { unet2d } from '../models/unet2d.js';
import { unet2dParameters } from '../models/unet2dParameters.js';
import { diffusersCodec } from './diffusersCodec.js';

/** `unet2d`, in the files of diffusers' `UNet2DModel`. */
export const unet2dCodec = diffusersCodec<Unet2dConfig>({
  className: 'UNet2DModel',
  pipelineFolder: 'unet',
  resolve: resolveUnet2dConfig,
  specs: unet2dParameters,
  build: (config) => unet2d(config),
});

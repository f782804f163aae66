import { resolveUnet2dConditionConfig, type Unet2dConditionConfig } from '../models/Unet2dConditionConfig.js';
import { unet2dCondition } from '../models/unet2dCondition.js';
import { unet2dConditionParameters } from '../models/unet2dConditionParameters.js';
import { diffusersCodec } from './diffusersCodec.js';

/**
 * `unet2dCondition`, in the files of diffusers' `UNet2DConditionModel`, with metadata in those of DiffusionSat's
 * `SatUNet`.
 */
export const unet2dConditionCodec = diffusersCodec<Unet2dConditionConfig>({
  className: 'UNet2DConditionModel',
  metadataClassName: 'SatUNet',
  resolve: resolveUnet2dConditionConfig,
  specs: unet2dConditionParameters,
  build: (config) => unet2dCondition(config),
});

import { type AutoencoderKlConfig, resolveAutoencoderKlConfig } from '../models/AutoencoderKlConfig.js';
import { autoencoderKl } from '../models/autoencoderKl.js';
import { autoencoderKlParameters } from '../models/autoencoderKlParameters.js';
import { diffusersCodec } from './diffusersCodec.js';

/** `autoencoderKl`, in the files of diffusers' `AutoencoderKL`. */
export const autoencoderKlCodec = diffusersCodec<AutoencoderKlConfig>({
  className: 'AutoencoderKL',
  resolve: resolveAutoencoderKlConfig,
  specs: autoencoderKlParameters,
  build: (config) => autoencoderKl(config),
});

import {
  type DitTransformer2dConfig,
  resolveDitTransformer2dConfig,
} from '../models/DitTransformer2dConfig.js';
import { ditTransformer2d } from '../models/ditTransformer2d.js';
import { ditTransformer2dParameters } from '../models/ditTransformer2dParameters.js';
import { diffusersCodec } from './diffusersCodec.js';

/** `ditTransformer2d`, in the files of diffusers' `DiTTransformer2DModel`. */
export const ditTransformer2dCodec = diffusersCodec<DitTransformer2dConfig>({
  className: 'DiTTransformer2DModel',
  outFollows: true,
  resolve: resolveDitTransformer2dConfig,
  specs: ditTransformer2dParameters,
  build: ditTransformer2d,
});

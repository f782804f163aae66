import { resolveVitConfig, type VitConfig } from '../models/VitConfig.js';
import { vit } from '../models/vit.js';
import { vitParameters } from '../models/vitParameters.js';
import { argumentsCodec } from './argumentsCodec.js';

/** `vit`, by the names of timm's `VisionTransformer`. */
export const vitCodec = argumentsCodec<VitConfig>({
  className: 'VisionTransformer',
  resolve: resolveVitConfig,
  bands: (config) => resolveVitConfig(config).inChans,
  specs: vitParameters,
  build: vit,
});

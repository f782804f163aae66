import { resolveUVitConfig, type UVitConfig } from '../models/UVitConfig.js';
import { uVit } from '../models/uVit.js';
import { uVitParameters } from '../models/uVitParameters.js';
import { argumentsCodec } from './argumentsCodec.js';

/** `uVit`, by the names of its authors' `UViT`. */
export const uVitCodec = argumentsCodec<UVitConfig>({
  className: 'UViT',
  resolve: resolveUVitConfig,
  bands: (config) => resolveUVitConfig(config).inChans,
  specs: uVitParameters,
  build: uVit,
});

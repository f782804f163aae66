import { type DitConfig, resolveDitConfig } from '../models/DitConfig.js';
import { dit } from '../models/dit.js';
import { ditParameters } from '../models/ditParameters.js';
import { argumentsCodec } from './argumentsCodec.js';

/** `dit`, by the names of its authors' `DiT`. */
export const ditCodec = argumentsCodec<DitConfig>({
  className: 'DiT',
  resolve: resolveDitConfig,
  bands: (config) => resolveDitConfig(config).inChannels,
  specs: ditParameters,
  build: dit,
});

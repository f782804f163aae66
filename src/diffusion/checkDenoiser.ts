import { ConfigError } from '../errors/ConfigError.js';
import { argumentError } from '../internal/checks.js';

/** Throws unless `denoiser` is a function; of a model it says how it becomes one. */
export function checkDenoiser(denoiser: unknown): void {
  if (typeof denoiser === 'function') return;
  if (Array.isArray((denoiser as { layers?: unknown } | undefined)?.layers)) {
    throw new ConfigError(
      `denoiser is a tf.LayersModel; it must be a function: write layersDenoiser(model) of 'diffusion-ssl/models'.`,
    );
  }
  throw argumentError(
    'denoiser',
    denoiser,
    'a function (xT, t, condition, { training, step }) => prediction',
  );
}

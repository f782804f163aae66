import * as tf from '@tensorflow/tfjs-core';
import { checkAlphaBars } from '../diffusion/checkAlphaBars.js';
import type { FeatureDenoiser } from '../diffusion/FeatureDenoiser.js';
import { argumentError, checkInteger, checkOneOf } from '../internal/checks.js';
import type { FeatureOptions } from './FeatureOptions.js';

/** Throws unless a denoiser has activations, the images are a batch, and the options go together. */
export function checkFeatureOptions<C>(
  denoiser: FeatureDenoiser<C>,
  x: tf.Tensor4D,
  options: FeatureOptions<C>,
): void {
  if (typeof denoiser !== 'function' || typeof denoiser.activations !== 'function') {
    const accepted =
      'layersDenoiser(model) or inferenceModel(model).denoiser, or one with `activations` of your own';
    throw argumentError('denoiser', denoiser, accepted);
  }
  if (!(x instanceof tf.Tensor) || x.rank !== 4) {
    throw argumentError('x', x, 'a tensor [batch, height, width, channels]');
  }
  const { timesteps, layers, alphaBars, noise, inversion } = options;
  for (const [name, list] of Object.entries({ timesteps, layers })) {
    if (!Array.isArray(list) || list.length === 0 || new Set(list).size < list.length) {
      throw argumentError(name, list, 'a list of at least one entry, each once');
    }
  }
  if (noise !== undefined) checkOneOf('noise', noise, ['shared', 'none']);
  if (noise !== undefined && inversion !== undefined) {
    throw argumentError('inversion', inversion, 'left out where `noise` is given: it takes its place');
  }
  if (inversion?.steps !== undefined) checkInteger('inversion.steps', inversion.steps, 1);
  if (alphaBars !== undefined) checkAlphaBars('alphaBars', alphaBars);
  else if (noise !== 'none')
    throw argumentError('alphaBars', alphaBars, "ᾱ of the schedule, unless `noise` is 'none'");
  for (const t of timesteps) checkInteger('timesteps', t, 0, (alphaBars?.length ?? 2 ** 24) - 1);
}

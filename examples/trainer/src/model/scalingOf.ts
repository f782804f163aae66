import type { NormalizationOptions } from 'diffusion-ssl/normalization';
import type { OpenModel } from './openModel.js';

/** How a network's images are scaled: by 1 where it takes them as they are, since not all functions take null. */
export function scalingOf({
  normalization,
  bands,
}: Pick<OpenModel, 'normalization' | 'bands'>): NormalizationOptions {
  if (normalization) return normalization;
  const globalStats = { mean: bands.map(() => 0), std: bands.map(() => 1) };
  return { strategy: 'z_value', procedure: 'gpb', globalStats };
}

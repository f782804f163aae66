import type { PretrainedNetwork } from 'diffusion-ssl/pretrained';

/** What the sides of a network's images must be multiples of, in pixels. */
export function sizeMultiple({ factory, config }: Pick<PretrainedNetwork, 'factory' | 'config'>): number {
  if (factory === 'uVit' || factory === 'dit' || factory === 'ditTransformer2d' || factory === 'vit') {
    const { patchSize = factory === 'uVit' || factory === 'vit' ? 16 : 2 } = config as { patchSize?: number };
    return patchSize;
  }
  if (factory !== 'unetAttD') {
    const { blockOutChannels = [1, 1, 1, 1] } = config as { blockOutChannels?: readonly number[] };
    return 2 ** (blockOutChannels.length - 1);
  }
  return 32 * ((config as { patchSize?: number }).patchSize ?? 1);
}

import type { FeatureDenoiser } from 'diffusion-ssl/diffusion';

/** Resolutions whose features are taken: the finest. */
const RESOLUTIONS = 1;

/**
 * The layers whose features a head gets: of each of the finest resolutions the last, which knows most. A network's
 * prediction itself is one of them where it is the clean image, without noise the bands as they are.
 *
 * @param shape Of a window, [1, height, width, bands].
 */
export function chooseLayers(
  { layerNames, planActivations }: Pick<FeatureDenoiser, 'layerNames' | 'planActivations'>,
  shape: readonly number[],
  predictsImage: boolean,
): string[] {
  const last = layerNames[layerNames.length - 1];
  // The last convolution gives the prediction too, perhaps in cells of pixels.
  const names = layerNames.filter((name) => name !== last && name !== 'output_conv');
  const { shapes } = planActivations(shape, names);
  const byHeight = new Map<number, string>();
  names.forEach((name, i) => {
    // Of a transformer there are tokens, which lie in no map.
    if (shapes[i].length === 4) byHeight.set(shapes[i][1], name);
  });
  const chosen = [...byHeight].sort(([a], [b]) => b - a).slice(0, RESOLUTIONS);
  const layers = chosen.map(([, name]) => name);
  if (predictsImage) layers.unshift(last);
  return layers;
}

import type * as tfl from '@tensorflow/tfjs-layers';

/**
 * Names of a model's layers that are the same in every process: those that the user gave, and for a layer without one
 * its kind and place among the unnamed ones of that kind, `conv2d_1`. tfjs counts such layers over all models of a
 * process.
 */
export function layerNames(layers: readonly tfl.layers.Layer[]): Map<tfl.layers.Layer, string> {
  const counts = new Map<string, number>();
  return new Map(
    layers.map((layer) => {
      const kind = automaticKind(layer);
      if (kind === undefined) return [layer, layer.name];
      const place = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, place);
      return [layer, `${kind}_${place}`];
    }),
  );
}

/** What stands before the count in a name that tfjs has made up: `conv2d_Conv2D1`, `model1` or `sequential_1`. */
function automaticKind(layer: tfl.layers.Layer): string | undefined {
  const stem = layer.name.replace(/\d+$/, '');
  if (stem === layer.name) return undefined;
  if (['model', 'functional', 'sequential_'].includes(stem)) return stem.replace('_', '');
  const ending = `_${layer.getClassName()}`;
  return stem.endsWith(ending) ? stem.slice(0, -ending.length) : undefined;
}

import * as tfl from '@tensorflow/tfjs-layers';
import type { ParameterSpec } from '../layers/ParameterSpec.js';
import { SpecLayer } from '../layers/SpecLayer.js';
import { layerNames } from '../models/layerNames.js';

/** A matrix or a filter that an adapter can be added to. */
export interface AdaptableWeight {
  /** What torch calls its module: `mid_block.attentions.0.proj_in`. */
  name: string;
  layer: SpecLayer;
  /** Its name within the layer, without `.weight`; empty where it is the layer's only one. */
  part: string;
  spec: ParameterSpec;
}

/** The linear layers and convolutions of a model, transposed ones aside, by their names in torch. */
export function adaptableWeights(model: tfl.LayersModel, prefix = ''): AdaptableWeight[] {
  const names = layerNames(model.layers);
  return model.layers.flatMap((layer) => {
    const name = prefix + names.get(layer);
    if (layer instanceof tfl.LayersModel) return adaptableWeights(layer, `${name}.`);
    if (!(layer instanceof SpecLayer)) return [];
    return layer.parameterSpecs().flatMap((spec) => {
      const [, part] = /^(?:(.*)\.)?weight$/.exec(spec.name) ?? [undefined, undefined];
      const isWeight = spec.name === 'weight' || part !== undefined;
      if (!isWeight || (spec.layout !== 'linear' && spec.layout !== 'conv2d')) return [];
      const path = layer.isRoot ? [prefix.slice(0, -1), part] : [name, part];
      return [{ name: path.filter(Boolean).join('.'), layer, part: part ?? '', spec }];
    });
  });
}

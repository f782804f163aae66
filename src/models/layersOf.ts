import type * as tfl from '@tensorflow/tfjs-layers';

/** What layers are found in: a nested model, a wrapper, a recurrent layer. */
interface Holder {
  layers?: tfl.layers.Layer[];
  layer?: tfl.layers.Layer;
  cell?: tfl.layers.Layer;
}

/** Every layer of a model, those within nested models and wrappers included. */
export function layersOf(model: tfl.LayersModel | tfl.layers.Layer): tfl.layers.Layer[] {
  const { layers = [], layer, cell } = model as Holder;
  return [...layers, layer, cell].flatMap((inner) => (inner ? [inner, ...layersOf(inner)] : []));
}

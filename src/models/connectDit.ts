import * as tfl from '@tensorflow/tfjs-layers';
import { TokensToImage } from '../layers/TokensToImage.js';
import { type DitCondition, type DitLayers, type DitSettings, ditLayers } from './ditLayers.js';

/** Makes a diffusion transformer of its settings, with the inputs x, t and, where there are classes, classLabels. */
export function connectDit(name: string, settings: DitSettings): tfl.LayersModel {
  const layers: DitLayers = ditLayers(settings);
  const { inChannels, outChannels, patchSize, rows } = settings;
  const apply = (layer: tfl.layers.Layer, y: tfl.SymbolicTensor | tfl.SymbolicTensor[]) =>
    layer.apply(y) as tfl.SymbolicTensor;
  const x = tfl.input({ shape: [null, null, inChannels], name: 'x' });
  const t = tfl.input({ shape: [1], dtype: 'float32', name: 't' });
  const labels =
    rows === undefined ? undefined : tfl.input({ shape: [1], dtype: 'int32', name: 'classLabels' });
  const vector = ({ time, classes }: DitCondition) => {
    const ofTime = apply(time, t);
    if (!classes || !labels) return ofTime;
    return apply(tfl.layers.add({ name: `${time.name}.sum` }), [ofTime, apply(classes, labels)]);
  };
  const vectors = layers.conditions.map(vector);
  const patches = apply(layers.patchEmbed, x);
  let y = apply(layers.tokens, patches);
  for (const [i, block] of layers.blocks.entries()) y = apply(block, [y, vectors[i] ?? vectors[0]]);
  const values = apply(layers.final, [y, vectors[0]]);
  const toImage = new TokensToImage({ name: 'unpatchify', patchSize, channels: outChannels });
  const outputs = apply(toImage, [values, patches]);
  return tfl.model({ inputs: labels ? [x, t, labels] : [x, t], outputs, name });
}

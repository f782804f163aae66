import * as tfl from '@tensorflow/tfjs-layers';
import { type BenchNetwork, inChannels } from './networks.js';

const { layers } = tfl;
const apply = (layer: tfl.layers.Layer, x: unknown) =>
  layer.apply(x as tfl.SymbolicTensor) as tfl.SymbolicTensor;

/** A U-Net of layers of tf.layers alone, of a network's first four levels, that takes the timestep by an embedding. */
export function makeStockModel({ filterConfig, size }: BenchNetwork): tfl.LayersModel {
  const filters = filterConfig.slice(0, 4);
  const image = tfl.input({ shape: [size, size, inChannels] });
  const t = tfl.input({ shape: [1], dtype: 'int32' });
  const same = { kernelSize: 3, padding: 'same' } as const;
  const normalized = (x: tfl.SymbolicTensor) => apply(layers.reLU(), apply(layers.batchNormalization(), x));
  const skips: tfl.SymbolicTensor[] = [];
  let x = image;
  for (const [level, count] of filters.entries()) {
    if (level > 0) x = apply(layers.maxPooling2d({ poolSize: 2 }), x);
    x = normalized(apply(layers.conv2d({ ...same, filters: count, useBias: false }), x));
    x = normalized(apply(layers.depthwiseConv2d({ ...same, useBias: false }), x));
    x = apply(layers.conv2d({ filters: count, kernelSize: 1 }), x);
    skips.push(x);
  }
  const deepest = filters[filters.length - 1];
  const embedded = apply(layers.embedding({ inputDim: 1000, outputDim: 128 }), t);
  const condition = apply(layers.dense({ units: deepest }), apply(layers.flatten(), embedded));
  x = apply(layers.add(), [x, apply(layers.reshape({ targetShape: [1, 1, deepest] }), condition)]);
  x = apply(layers.layerNormalization(), x);
  for (let level = filters.length - 2; level >= 0; level--) {
    x = apply(layers.upSampling2d({ size: [2, 2] }), x);
    x = apply(layers.concatenate(), [x, skips[level]]);
    x = normalized(apply(layers.conv2d({ ...same, filters: filters[level], useBias: false }), x));
  }
  return tfl.model({
    inputs: [image, t],
    outputs: apply(layers.conv2d({ filters: inChannels, kernelSize: 1 }), x),
  });
}

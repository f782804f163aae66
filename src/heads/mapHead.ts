import type * as tfl from '@tensorflow/tfjs-layers';
import { argumentError, checkInteger } from '../internal/checks.js';
import type { HeadLayer, HeadLayerConfig } from './HeadLayer.js';

/** What every head over feature maps understands. */
export interface MapHeadOptions {
  /** Channels of the output: classes, or labels. */
  classes: number;
  /** Name of the layer, the prefix of its parameters. Default `'head'`. */
  name?: string;
  /** Seed of the initial weights. Default 0. */
  seed?: number;
}

/** From feature maps, symbolic ones of a model, to its output: what `attachHead` takes. */
export type MapHead = (features: tfl.SymbolicTensor[]) => tfl.SymbolicTensor;

/** A head that makes its layer as soon as it sees the channels of the maps. */
export function mapHead(
  Layer: new (config: HeadLayerConfig) => HeadLayer,
  {
    classes,
    name = 'head',
    seed = 0,
    width = 1,
    scale = 1,
  }: MapHeadOptions & { width?: number; scale?: number },
): MapHead {
  for (const [key, value] of Object.entries({ classes, width, scale })) checkInteger(key, value, 1);
  checkInteger('seed', seed, 0);
  return (features) => {
    const shapes = features.map(({ shape }) => shape);
    const inChannels = shapes.map((shape) => shape[3]);
    if (shapes.length === 0 || shapes.some(({ length }) => length !== 4) || inChannels.includes(null)) {
      throw argumentError(
        `${name}: the features`,
        shapes,
        'maps [batch, height, width, channels], one or more',
      );
    }
    const layer = new Layer({ name, seed, inChannels: inChannels as number[], classes, width, scale });
    return layer.apply(features) as tfl.SymbolicTensor;
  };
}

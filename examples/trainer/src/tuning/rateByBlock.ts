import type * as tfl from '@tensorflow/tfjs-layers';
import { namedParameters } from 'diffusion-ssl/models';

/**
 * The learning rate of each parameter of a network as a part of the head's: `rate` in the last block, in each one
 * before by `layerDecay` of that behind it. A block is what the first part of the parameters' names says, in the order
 * in which the network computes.
 */
export function rateByBlock(
  network: tfl.LayersModel,
  { rate, layerDecay }: { rate: number; layerDecay: number },
): number | ((name: string) => number) {
  if (layerDecay === 1) return rate;
  const blocks = [...new Set(namedParameters(network).map(({ name }) => blockOf(name)))];
  return (name) => rate * layerDecay ** (blocks.length - 1 - blocks.indexOf(blockOf(name)));
}

const blockOf = (name: string) => name.split('.')[0];

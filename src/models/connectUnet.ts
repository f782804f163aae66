import type * as tfl from '@tensorflow/tfjs-layers';
import { ConcatChannels } from '../layers/ConcatChannels.js';
import { ResnetBlock2d } from '../layers/ResnetBlock2d.js';
import type { UnetLayers, UnetLevel } from './unetLayers.js';

type Symbol = tfl.SymbolicTensor;

/** What flows into a U-Net. */
export interface UnetInputs {
  x: Symbol;
  embedding: Symbol;
  /** What attention layers take besides the image. */
  context: Symbol[];
  /** Whether the way up takes the sizes of the skip connections, so that any size will do. */
  anySize: boolean;
}

/** Connects the layers of a U-Net: down, through the middle, and up with the skip connections. */
export function connectUnet(layers: UnetLayers, { x, embedding, context, anySize }: UnetInputs): Symbol {
  const apply = (layer: tfl.layers.Layer, inputs: Symbol | Symbol[]) => layer.apply(inputs) as Symbol;
  const attend = (level: UnetLevel, index: number, y: Symbol) =>
    index < level.attentions.length
      ? apply(level.attentions[index], context.length > 0 ? [y, ...context] : y)
      : y;
  const resample = (sampler: tfl.layers.Layer, y: Symbol, like?: Symbol) => {
    if (sampler instanceof ResnetBlock2d) return apply(sampler, [y, embedding]);
    return apply(sampler, like ? [y, like] : y);
  };

  let y = apply(layers.convIn, x);
  const skips = [y];
  for (const level of layers.down) {
    for (const [i, resnet] of level.resnets.entries()) {
      y = attend(level, i, apply(resnet, [y, embedding]));
      skips.push(y);
    }
    if (level.sampler) {
      y = resample(level.sampler, y);
      skips.push(y);
    }
  }
  if (layers.middle) {
    const [first, second] = layers.middle.resnets;
    y = attend(layers.middle, 0, apply(first, [y, embedding]));
    y = apply(second, [y, embedding]);
  }
  for (const [position, level] of layers.up.entries()) {
    for (const [i, resnet] of level.resnets.entries()) {
      const name = `up_blocks.${position}.concat.${i}`;
      const both = apply(new ConcatChannels({ name }), [y, skips.pop()!]);
      y = attend(level, i, apply(resnet, [both, embedding]));
    }
    if (level.sampler) y = resample(level.sampler, y, anySize ? skips[skips.length - 1] : undefined);
  }
  return apply(layers.convOut, apply(layers.normOut, y));
}

import { checkOneOf } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { ConvSegmentationHead } from './ConvSegmentationHead.js';
import { FpnSegmentationHead } from './FpnSegmentationHead.js';
import { LinearSegmentationHead } from './LinearSegmentationHead.js';
import { type MapHead, type MapHeadOptions, mapHead } from './mapHead.js';
import { UnetSegmentationHead } from './UnetSegmentationHead.js';
import { UpconvSegmentationHead } from './UpconvSegmentationHead.js';

const KINDS = {
  linear: LinearSegmentationHead,
  conv: ConvSegmentationHead,
  fpn: FpnSegmentationHead,
  unet: UnetSegmentationHead,
  upconv: UpconvSegmentationHead,
};

/** Options of {@link segmentationHead}. */
export interface SegmentationHeadOptions extends MapHeadOptions {
  /**
   * `'linear'`: batch norm and 1×1 for each map, mixed by learned weights. `'conv'`: all maps stacked, two convolutions
   * 3×3, then 1×1. `'fpn'`: a feature pyramid. `'unet'`: all maps stacked, a U-Net of three halvings over them, for
   * sides that are multiples of 8. `'upconv'`: all maps stacked and enlarged to the output in four steps, each a
   * convolution 3×3 and bilinear interpolation, as for the tokens of a transformer. Default `'linear'`.
   */
  kind?: keyof typeof KINDS;
  /**
   * Channels within `'conv'` and `'fpn'`, at full size within `'unet'`, which doubles them at each halving, and in the
   * third of the four convolutions of `'upconv'`, of which each has half of those before. Default 64.
   */
  width?: number;
  /**
   * Height and width of the output over those of the largest map, such as 2 where the last map that a network has is of
   * half its size. Default 1.
   */
  scale?: number;
}

/**
 * A head from feature maps of any sizes to the logits of each pixel, [batch, height, width, classes], three
 * of them torchgeo-bench's: maps of other sizes than the largest are interpolated.
 *
 * @returns A function of symbolic feature maps, which `attachHead` and `FineTuning` take, or a model of its own.
 * @throws If an option is out of range; when called, if there is no feature map.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import { segmentationHead } from 'diffusion-ssl/heads';
 *
 * const inputs = [tfl.input({ shape: [32, 32, 8] }), tfl.input({ shape: [16, 16, 16] })];
 * const model = tfl.model({ inputs, outputs: segmentationHead({ kind: 'fpn', classes: 5, scale: 2 })(inputs) });
 * const logits = model.predict([tf.ones([1, 32, 32, 8]), tf.ones([1, 16, 16, 16])]) as tf.Tensor;
 * console.log(logits.shape); // [1, 64, 64, 5]
 * ```
 */
export function segmentationHead({
  kind = 'linear',
  width = 64,
  ...options
}: SegmentationHeadOptions): MapHead {
  return inFunction('segmentationHead', () => {
    checkOneOf('kind', kind, Object.keys(KINDS) as (keyof typeof KINDS)[]);
    return mapHead(KINDS[kind], { ...options, width });
  });
}

import { inFunction } from '../internal/inFunction.js';
import { ChangeHeadLayer } from './ChangeHeadLayer.js';
import { type MapHead, type MapHeadOptions, mapHead } from './mapHead.js';

/** Options of {@link changeHead}. */
export interface ChangeHeadOptions extends Omit<MapHeadOptions, 'classes'> {
  /** Channels of the output. Default 2: no change, change. */
  classes?: number;
  /** Channels within. Default 64. */
  width?: number;
  /** Height and width of the output over those of the largest map. Default 1. */
  scale?: number;
}

/**
 * A head for change between two dates, from feature maps of any sizes to the logits of each pixel: for each map
 * convolutions 1×1 and 3×3, the same for both dates, then |A − B| (after ddpm-cd of Bandara et al. 2022).
 *
 * A batch holds all images of one date and then, in the same order, those of the other: the output has half as many.
 * Which date is first makes no difference.
 *
 * @returns A function of symbolic feature maps, which `attachHead` and `FineTuning` take, or a model of its own.
 * @throws If an option is out of range; when called, if there is no feature map.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import * as tfl from '@tensorflow/tfjs-layers';
 * import { changeHead } from 'diffusion-ssl/heads';
 *
 * const inputs = [tfl.input({ shape: [32, 32, 8] })];
 * const model = tfl.model({ inputs, outputs: changeHead()(inputs) });
 * const [before, after] = [tf.ones([3, 32, 32, 8]), tf.zeros([3, 32, 32, 8])];
 * console.log((model.predict(tf.concat([before, after])) as tf.Tensor).shape); // [3, 32, 32, 2]
 * ```
 */
export function changeHead({ classes = 2, width = 64, ...options }: ChangeHeadOptions = {}): MapHead {
  return inFunction('changeHead', () => mapHead(ChangeHeadLayer, { ...options, classes, width }));
}

import type * as tfl from '@tensorflow/tfjs-layers';
import { checkInteger } from '../internal/checks.js';
import type { ConvBlock } from '../layers/ConvBlock.js';
import { layersOf } from './layersOf.js';

/**
 * Sets the step from which a model's dropout layers draw their next masks, so that a resumed run draws what an
 * uninterrupted one draws. `layersDenoiser` does it before each call in training.
 *
 * @param step An integer in [0, 2^32), such as the training step.
 * @throws If `step` is no such integer.
 * @example
 * ```ts
 * import { setDropoutStep, unetAttD } from 'diffusion-ssl/models';
 *
 * setDropoutStep(unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] }), 100);
 * ```
 */
export function setDropoutStep(model: tfl.LayersModel, step: number): void {
  checkInteger('setDropoutStep: step', step, 0, 2 ** 32 - 1);
  for (const layer of layersOf(model)) {
    // Not by `instanceof`, which would draw the layers into the bundle.
    if ('dropoutStep' in layer) (layer as ConvBlock).dropoutStep = step;
  }
}

import { checkNumber } from '../internal/checks.js';
import { type RandomKey, uniformGenerator } from '../internal/philox.js';
import { type AugmentationSample, checkLabelFill, type MovingOptions } from './sample.js';
import { type AugmentationStep, readyStep } from './steps.js';

export type { AugmentationStep } from './steps.js';

/** Applies augmentations to a sample; the key alone decides what is drawn. */
export type Augment = (sample: AugmentationSample, key: RandomKey) => AugmentationSample;

/** Options of {@link compose}: those of all steps that move pixels. */
export interface ComposeOptions extends MovingOptions {}

/**
 * Chains augmentations, each applied with its own probability.
 *
 * Every step takes the same number of random draws whether applied or not, so the choices of one step do not depend
 * on another's probability.
 *
 * @param steps Applied in this order.
 * @returns A function of a sample and a random key; the given sample is not changed.
 * @throws If a step is not known, a probability lies outside [0, 1], a range or a list of choices is not valid, or
 * `labelFill` is not finite.
 * @example
 * import { compose } from 'diffusion-ssl/augmentation';
 * const augment = compose([
 *   { name: 'rescale', range: [0.75, 1.5], crop: 'random' },
 *   { name: 'rotate', probability: 0.25, degrees: [90, 180, 270] },
 *   { name: 'jitter' },
 * ]);
 * const image = { height: 2, width: 2, channels: 1, data: new Float32Array([0.1, 0.2, 0.3, 0.4]) };
 * const sample = augment({ image }, { seed: 1, stream: 7, step: 0 });
 * console.log(sample.image.data);
 * // With labels: 255 where the image does not reach, for a loss that ignores it.
 * const augmentBoth = compose([{ name: 'rotate', degrees: [-30, 30] }], { labelFill: 255 });
 * const label = { height: 2, width: 2, channels: 1, data: new Float32Array([1, 2, 3, 4]) };
 * console.log(augmentBoth({ image, label }, { seed: 1, stream: 7, step: 0 }).label?.data);
 */
export function compose(steps: readonly AugmentationStep[], moving: ComposeOptions = {}): Augment {
  checkLabelFill('compose', moving.labelFill);
  const chain = steps.map((step) => {
    const probability = step.probability ?? 0.5;
    checkNumber(`compose: ${step.name}.probability`, probability, 0, 1);
    return { probability, ...readyStep(step, moving) };
  });
  return (sample, key) => {
    const random = uniformGenerator(key);
    for (const { probability, draws, apply } of chain) {
      const applied = random() < probability;
      const uniforms = Array.from({ length: draws }, random);
      if (applied) sample = apply(sample, uniforms);
    }
    return sample;
  };
}

import { argumentError, checkNumber, checkOneOf } from '../internal/checks.js';
import { type RandomKey, uniformGenerator } from '../internal/philox.js';
import { FLIP_DIRECTIONS, type FlipDirection, flip } from './flip.js';
import { rotate } from './rotate.js';
import type { AugmentationSample } from './sample.js';

/** Flips, in one of `directions` drawn at random (default: all three). */
export interface FlipStep {
  name: 'flip';
  /** Probability that the step is applied; default 0.5. */
  probability?: number;
  directions?: readonly FlipDirection[];
}

/** Rotates: two numbers are a range of angles, otherwise one of those listed (default -180, -90, 90, 180). */
export interface RotateStep {
  name: 'rotate';
  /** Probability that the step is applied; default 0.5. */
  probability?: number;
  degrees?: readonly number[];
}

/** One augmentation as plain data, so that it can be sent to a worker thread. */
export type AugmentationStep = FlipStep | RotateStep;

/** Applies augmentations to a sample; the key alone decides what is drawn. */
export type Augment = (sample: AugmentationSample, key: RandomKey) => AugmentationSample;

/** `uniform` in [0, 1) decides which of the step's choices is taken. */
type Apply = (sample: AugmentationSample, uniform: number) => AugmentationSample;

/**
 * Chains augmentations, each applied with its own probability.
 *
 * Every step takes the same number of random draws whether applied or not, so the choices of one step do not depend
 * on another's probability.
 *
 * @param steps Applied in this order.
 * @returns A function of a sample and a random key; the given sample is not changed.
 * @throws If a step is not known, a probability lies outside [0, 1] or a list of choices is empty.
 * @example
 * import { compose } from 'diffusion-ssl/augmentation';
 * const augment = compose([{ name: 'flip' }, { name: 'rotate', probability: 0.25, degrees: [90, 180, 270] }]);
 * const image = { height: 2, width: 2, channels: 1, data: new Float32Array([1, 2, 3, 4]) };
 * const sample = augment({ image }, { seed: 1, stream: 7, step: 0 });
 * console.log(sample.image.data);
 */
export function compose(steps: readonly AugmentationStep[]): Augment {
  const chain = steps.map((step) => {
    const probability = step.probability ?? 0.5;
    checkNumber('compose', `${step.name}.probability`, probability, 0, 1);
    return { probability, apply: applyOf(step) };
  });
  return (sample, key) => {
    const random = uniformGenerator(key);
    for (const { probability, apply } of chain) {
      const applied = random() < probability;
      const uniform = random();
      if (applied) sample = apply(sample, uniform);
    }
    return sample;
  };
}

function applyOf(step: AugmentationStep): Apply {
  checkOneOf('compose', 'step.name', step.name, ['flip', 'rotate']);
  if (step.name === 'flip') {
    const directions = step.directions ?? FLIP_DIRECTIONS;
    if (directions.length === 0) throw argumentError('compose', 'flip.directions', directions, 'not empty');
    for (const direction of directions) checkOneOf('compose', 'flip.directions', direction, FLIP_DIRECTIONS);
    return (sample, uniform) => flip(sample, directions[Math.floor(uniform * directions.length)]);
  }
  const degrees = step.degrees ?? [-180, -90, 90, 180];
  if (degrees.length === 0) throw argumentError('compose', 'rotate.degrees', degrees, 'not empty');
  for (const angle of degrees) checkNumber('compose', 'rotate.degrees', angle);
  return (sample, uniform) => rotate(sample, drawAngle(degrees, uniform));
}

function drawAngle(degrees: readonly number[], uniform: number): number {
  if (degrees.length === 2) return degrees[0] + (degrees[1] - degrees[0]) * uniform;
  return degrees[Math.floor(uniform * degrees.length)];
}

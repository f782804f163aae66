import { argumentError, checkNumber, checkOneOf } from '../internal/checks.js';
import { adjustContrast } from './adjustContrast.js';
import { adjustGamma } from './adjustGamma.js';
import { FLIP_DIRECTIONS, type FlipDirection, flip } from './flip.js';
import { jitter } from './jitter.js';
import { rescale } from './rescale.js';
import { rotate } from './rotate.js';
import type { AugmentationSample, MovingOptions, ValueLimits } from './sample.js';
import { shift } from './shift.js';
import { shiftBrightness } from './shiftBrightness.js';

interface Step {
  /** Probability that the step is applied; default 0.5. */
  probability?: number;
}

/** Enlarges or shrinks by a factor drawn from `range` (default [0.75, 1.5]), then crops or pads to the size it had. */
export interface RescaleStep extends Step {
  name: 'rescale';
  range?: readonly [number, number];
  /** Where the crop lies; default `'center'`. */
  crop?: 'center' | 'random';
}

/** Flips, in one of `directions` drawn at random (default: all three). */
export interface FlipStep extends Step {
  name: 'flip';
  directions?: readonly FlipDirection[];
}

/** Rotates, by one of the angles listed (default -180, -90, 90, 180) or by any between two. */
export interface RotateStep extends Step {
  name: 'rotate';
  degrees?: readonly number[];
  /** What two angles are: a range (default), or a choice as any other number of them. */
  pair?: 'range' | 'choice';
  /** See `rotate`. */
  compat?: 'tutorial';
}

/**
 * Moves by whole pixels, up or down and left or right, each by up to `fraction` of the side, rounded up; default 0.05.
 */
export interface ShiftStep extends Step {
  name: 'shift';
  fraction?: number;
}

/**
 * Raises bands to a power drawn from `range` (default [0.2, 2]), most likely 1. With `patch` (default) only where the
 * image reaches when it is turned by 0 to 90° and enlarged 1 to 2 times around a random pixel; a second power from
 * [0.5, 1.5] is then applied everywhere.
 */
export interface GammaStep extends Step {
  name: 'gamma';
  range?: readonly [number, number];
  patch?: boolean;
  /** Sizes of the band groups, from the first band on, each with its own draws; default: all bands in one. */
  bandGroups?: readonly number[];
  /** See `adjustGamma`. */
  negative?: 'zero' | 'mirror';
}

/** Multiplies by a factor drawn from `range`; default [0.9, 1.2]. */
export interface ContrastStep extends Step {
  name: 'contrast';
  range?: readonly [number, number];
  /** Bounds of the result; default [0, 1]. */
  limits?: ValueLimits;
}

/** Adds an amount drawn from `range`; default [-0.02, 0.02]. */
export interface BrightnessStep extends Step {
  name: 'brightness';
  range?: readonly [number, number];
  /** Bounds of the result; default [0, 1]. */
  limits?: ValueLimits;
  /** See `shiftBrightness`. */
  compat?: 'tutorial';
}

/** Adds Gaussian noise of a standard deviation drawn from `range`; default [0.03, 0.07]. */
export interface JitterStep extends Step {
  name: 'jitter';
  range?: readonly [number, number];
  /** Bounds of the result; default: 1e-4 from below. */
  limits?: ValueLimits;
}

/** One augmentation as plain data, so that it can be sent to a worker thread. */
export type AugmentationStep =
  | RescaleStep
  | FlipStep
  | RotateStep
  | ShiftStep
  | GammaStep
  | ContrastStep
  | BrightnessStep
  | JitterStep;

/** A step ready to be applied: it takes `draws` uniforms in [0, 1). */
export interface ReadyStep {
  draws: number;
  apply(sample: AugmentationSample, uniforms: readonly number[]): AugmentationSample;
}

/** Checks a step's options and makes it ready. */
export function readyStep(step: AugmentationStep, moving: MovingOptions): ReadyStep {
  const build = BUILDERS[step.name] as Builder<AugmentationStep> | undefined;
  if (build === undefined) {
    const known = Object.keys(BUILDERS).map((name) => `'${name}'`);
    throw argumentError('compose: step.name', step.name, `one of ${known.join(', ')}`);
  }
  return build(step, moving);
}

type Builder<S> = (step: S, moving: MovingOptions) => ReadyStep;

const BUILDERS: { [Name in AugmentationStep['name']]: Builder<never> } = {
  rescale: (step: RescaleStep, moving) => {
    const [low, high] = rangeOf(step, [0.75, 1.5], Number.MIN_VALUE);
    const { crop = 'center' } = step;
    checkOneOf('compose: rescale.crop', crop, ['center', 'random']);
    const position = (row: number, column: number) =>
      crop === 'random' ? { position: [row, column] as const, ...moving } : moving;
    return {
      draws: 3,
      apply: (sample, [u, row, column]) => rescale(sample, between(low, high, u), position(row, column)),
    };
  },
  flip: ({ directions = FLIP_DIRECTIONS }: FlipStep) => {
    if (directions.length === 0) throw argumentError('compose: flip.directions', directions, 'not empty');
    for (const direction of directions) checkOneOf('compose: flip.directions', direction, FLIP_DIRECTIONS);
    return { draws: 1, apply: (sample, [u]) => flip(sample, directions[Math.floor(u * directions.length)]) };
  },
  rotate: ({ degrees = [-180, -90, 90, 180], pair = 'range', compat }: RotateStep, moving) => {
    checkOneOf('compose: rotate.pair', pair, ['range', 'choice']);
    if (degrees.length === 0) throw argumentError('compose: rotate.degrees', degrees, 'not empty');
    for (const angle of degrees) checkNumber('compose: rotate.degrees', angle);
    const [low, high] = degrees;
    const angle = (u: number) =>
      degrees.length === 2 && pair === 'range'
        ? between(low, high, u)
        : degrees[Math.floor(u * degrees.length)];
    return { draws: 1, apply: (sample, [u]) => rotate(sample, angle(u), { compat, ...moving }) };
  },
  shift: ({ fraction = 0.05 }: ShiftStep, moving) => {
    checkNumber('compose: shift.fraction', fraction, 0, 1);
    const pixels = (side: number, u: number) => {
      const most = Math.ceil(fraction * side);
      return Math.floor(u * (2 * most + 1)) - most;
    };
    return {
      draws: 2,
      apply: (sample, [u, v]) =>
        shift(sample, [pixels(sample.image.height, u), pixels(sample.image.width, v)], moving),
    };
  },
  gamma: (step: GammaStep) => {
    const [low, high] = rangeOf(step, [0.2, 2], Number.MIN_VALUE);
    const { patch = true, bandGroups, negative } = step;
    if (bandGroups?.length === 0) throw argumentError('compose: gamma.bandGroups', bandGroups, 'not empty');
    return {
      draws: 6 * (bandGroups?.length ?? 1),
      apply: (sample, uniforms) => {
        const { height, width, channels } = sample.image;
        let firstBand = 0;
        (bandGroups ?? [channels]).forEach((bandCount, group) => {
          const [gamma, x, y, angle, scale, whole] = uniforms.slice(6 * group);
          const turn = {
            centreX: Math.floor(x * (width + 1)),
            centreY: Math.floor(y * (height + 1)),
            degrees: Math.floor(angle * 91),
            scale: between(1, 2, scale),
            wholeGamma: triangular(0.5, 1.5, whole),
          };
          const options = { firstBand, bandCount, negative, ...(patch && { patch: turn }) };
          sample = adjustGamma(sample, triangular(low, high, gamma), options);
          firstBand += bandCount;
        });
        return sample;
      },
    };
  },
  contrast: (step: ContrastStep) => {
    const [low, high] = rangeOf(step, [0.9, 1.2], 0);
    const { limits } = step;
    return { draws: 1, apply: (sample, [u]) => adjustContrast(sample, between(low, high, u), { limits }) };
  },
  brightness: (step: BrightnessStep) => {
    const [low, high] = rangeOf(step, [-0.02, 0.02]);
    const { limits, compat } = step;
    return {
      draws: 1,
      apply: (sample, [u]) => shiftBrightness(sample, between(low, high, u), { limits, compat }),
    };
  },
  jitter: (step: JitterStep) => {
    const [low, high] = rangeOf(step, [0.03, 0.07], 0);
    const { limits } = step;
    return {
      draws: 3,
      apply: (sample, [u, a, b]) => {
        // The noise has a sequence of its own, whose seed is drawn.
        const seed = Math.floor(a * 2 ** 32) * 2 ** 21 + Math.floor(b * 2 ** 21);
        return jitter(sample, between(low, high, u), { seed, stream: 0, step: 0 }, { limits });
      },
    };
  },
};

function rangeOf(
  { name, range }: { name: string; range?: readonly [number, number] },
  shipped: readonly [number, number],
  lowest = Number.NEGATIVE_INFINITY,
): readonly [number, number] {
  const given = range ?? shipped;
  if (given.length !== 2 || given[0] > given[1]) {
    throw argumentError(`compose: ${name}.range`, given, 'two numbers, the smaller one first');
  }
  for (const end of given) checkNumber(`compose: ${name}.range`, end, lowest);
  return given;
}

function between(low: number, high: number, uniform: number): number {
  return low + (high - low) * uniform;
}

/** The triangular distribution on [low, high] with its peak at 1, or at the end next to 1. */
function triangular(low: number, high: number, uniform: number): number {
  const peak = Math.min(Math.max(1, low), high);
  const left = peak - low;
  const right = high - peak;
  const extent = high - low;
  return uniform * extent < left
    ? low + Math.sqrt(uniform * extent * left)
    : high - Math.sqrt((1 - uniform) * extent * right);
}

import type { AugmentationStep } from './steps.js';

/** The augmentation's keys of the eofm-tutorial's configuration, under their names there. */
export interface TutorialAugmentation {
  /** Range of the factor of `rescale`. */
  scale_factor?: readonly [number, number] | null;
  /** Where `rescale` crops; default `'center'`. */
  crop_strategy?: 'center' | 'random' | null;
  /** Angles of `rotate`: two are a range, in its README a choice. */
  rotation_degree?: readonly number[] | null;
  /** Range of the exponent of `gamma`. */
  bshift_gamma_range?: readonly [number, number] | null;
  /**
   * Whether `gamma` changes a warped patch; in its README, whether chips are moved a little (`shift`). Default true.
   */
  patch_shift?: boolean | null;
  /** Range of the factor of `contrast`. */
  contrast_range?: readonly [number, number] | null;
  /** Range of the amount of `brightness`. */
  br_range?: readonly [number, number] | null;
  /** Range of the standard deviation of `jitter`. */
  sigma_range?: readonly [number, number] | null;
}

/** Options of {@link tutorialSteps}. */
export interface TutorialStepsOptions {
  /** Probability of each step; default 0.5. */
  probability?: number;
  /** The images are z-scores: values are not limited to [0, 1], and negative ones stay negative. Default false. */
  zScores?: boolean;
  /**
   * Where the tutorial's code, its README and this package differ: as its code turns labels and changes brightness, or
   * as its README takes `rotation_degree` and `patch_shift`.
   */
  compat?: 'tutorial' | 'readme';
}

/**
 * The steps for `compose` that the keys of the eofm-tutorial's `ssl_train.yaml` ask for, in the tutorial's order:
 * rescale and crop, flips, rotation, shift (by `compat: 'readme'`), gamma, contrast, brightness, noise. A key that is
 * missing or null leaves its step out; flips have no key and are always there.
 *
 * @example
 * import { compose, tutorialSteps } from 'diffusion-ssl/augmentation';
 * const steps = tutorialSteps({ rotation_degree: [-180, -90, 90, 180], sigma_range: [0.03, 0.07] });
 * console.log(steps.map((step) => step.name)); // flip, rotate, jitter
 * const augment = compose(steps);
 */
export function tutorialSteps(
  keys: TutorialAugmentation,
  { probability = 0.5, zScores = false, compat }: TutorialStepsOptions = {},
): AugmentationStep[] {
  const readme = compat === 'readme';
  const code = compat === 'tutorial' ? { compat } : {};
  const patch_shift = keys.patch_shift ?? true;
  const limits = zScores ? { limits: null } : {};
  const steps: AugmentationStep[] = [];
  const { scale_factor, rotation_degree, bshift_gamma_range, contrast_range, br_range, sigma_range } = keys;
  if (scale_factor) {
    steps.push({ name: 'rescale', probability, range: scale_factor, crop: keys.crop_strategy ?? 'center' });
  }
  steps.push({ name: 'flip', probability });
  if (rotation_degree) {
    const pair = readme ? ({ pair: 'choice' } as const) : {};
    steps.push({ name: 'rotate', probability, degrees: rotation_degree, ...pair, ...code });
  }
  if (readme && patch_shift) steps.push({ name: 'shift', probability });
  if (bshift_gamma_range) {
    const negative = zScores ? 'mirror' : 'zero';
    const patch = patch_shift && !readme;
    steps.push({ name: 'gamma', probability, range: bshift_gamma_range, patch, negative });
  }
  if (contrast_range) steps.push({ name: 'contrast', probability, range: contrast_range, ...limits });
  if (br_range) steps.push({ name: 'brightness', probability, range: br_range, ...limits, ...code });
  if (sigma_range) steps.push({ name: 'jitter', probability, range: sigma_range, ...limits });
  return steps;
}

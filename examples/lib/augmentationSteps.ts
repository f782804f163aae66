import type { AugmentationStep } from 'diffusion-ssl/augmentation';
import type { PretrainConfig } from './pretrainOptions.js';

/** The augmentations that a configuration names, in the order in which they are applied. */
export function augmentationSteps(config: PretrainConfig): AugmentationStep[] {
  const { augmentation, compat } = config;
  if (augmentation === 'none') return [];
  const flip: AugmentationStep = { name: 'flip', probability: 0.5 };
  if (augmentation === 'flips') return [flip];
  if (augmentation === 'flips+rotation') {
    return [flip, { name: 'rotate', probability: 0.5, degrees: [-90, 90, 180] }];
  }
  const { scaleFactor, cropStrategy, rotationDegree, bshiftGammaRange, patchShift } = config;
  const { contrastRange, brRange, sigmaRange } = config;
  // z-scores lie around 0 and have no bounds.
  const z = config.normalization === 'z_value';
  const limits = z ? { limits: null } : {};
  const steps: (AugmentationStep | undefined | false)[] = [
    scaleFactor !== null && { name: 'rescale', range: scaleFactor, crop: cropStrategy },
    flip,
    rotationDegree !== null && { name: 'rotate', degrees: rotationDegree, compat },
    bshiftGammaRange !== null && {
      name: 'gamma',
      range: bshiftGammaRange,
      patch: patchShift,
      negative: z ? 'mirror' : 'zero',
    },
    contrastRange !== null && { name: 'contrast', range: contrastRange, ...limits },
    brRange !== null && { name: 'brightness', range: brRange, compat, ...limits },
    sigmaRange !== null && { name: 'jitter', range: sigmaRange, ...limits },
  ];
  return steps.filter((step) => !!step);
}

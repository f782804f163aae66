import { type AugmentationStep, tutorialSteps } from 'diffusion-ssl/augmentation';
import type { PretrainConfig } from '../config/pretrainOptions.js';
import { areZScores } from '../pictures/areZScores.js';

/** The augmentations that a configuration names, in the order in which they are applied. */
export function augmentationSteps(config: PretrainConfig): AugmentationStep[] {
  const { augmentation, compat } = config;
  const flip: AugmentationStep = { name: 'flip', probability: 0.5 };
  switch (augmentation) {
    case 'none':
      return [];
    case 'flips':
      return [flip];
    case 'flips+rotation':
      return [flip, { name: 'rotate', probability: 0.5, degrees: [-90, 90, 180] }];
    case 'all':
      return tutorialSteps(
        {
          scale_factor: config.scaleFactor,
          crop_strategy: config.cropStrategy,
          rotation_degree: config.rotationDegree,
          bshift_gamma_range: config.bshiftGammaRange,
          patch_shift: config.patchShift,
          contrast_range: config.contrastRange,
          br_range: config.brRange,
          sigma_range: config.sigmaRange,
        },
        { zScores: areZScores(config.normalization), compat },
      );
  }
}

import { OPTIMIZER_OPTIONS, optionsOfOptimizer } from './optimizerFields.js';
import type { PretrainConfig } from './PretrainConfig.js';
import { optionsOfScheduler, SCHEDULER_OPTIONS } from './schedulerFields.js';

/** An option that does not go with another. */
export interface OptionConflict {
  field: keyof PretrainConfig;
  /** The option would have no effect: without it the others stand. */
  unused: boolean;
  /** What is wrong and what to do, behind the name of the option. */
  message: string;
}

const RANGES = [
  'scaleFactor',
  'cropStrategy',
  'rotationDegree',
  'bshiftGammaRange',
  'patchShift',
  'contrastRange',
  'brRange',
  'sigmaRange',
] as const;

/**
 * Finds the options that contradict others, and those that were given and would have no effect.
 *
 * @param config All options.
 * @param isGiven Whether the user gave a field; defaults contradict nothing.
 * @param nameOf How the user names a field: its flag, or its key in the file.
 */
export function optionConflicts(
  config: PretrainConfig,
  isGiven: (field: keyof PretrainConfig) => boolean,
  nameOf: (field: string) => string,
): OptionConflict[] {
  const conflicts: OptionConflict[] = [];
  const unused = (field: keyof PretrainConfig, message: string) => {
    if (isGiven(field)) conflicts.push({ field, unused: true, message });
  };
  const invalid = (field: keyof PretrainConfig, message: string) => {
    conflicts.push({ field, unused: false, message });
  };
  const { optimizer, baseOptimizer = 'sgd', scheduler, loss } = config;
  const innermost = optimizer === 'sam' ? baseOptimizer : optimizer;
  const inWords = optimizer === 'sam' ? `sam over ${baseOptimizer}` : optimizer;

  const ofOptimizer = optionsOfOptimizer(optimizer, baseOptimizer);
  for (const field of OPTIMIZER_OPTIONS.filter((option) => !ofOptimizer.includes(option))) {
    unused(
      field,
      `is no option of the optimizer ${inWords}, which has ${list(ofOptimizer, nameOf)}; leave it out.`,
    );
  }
  const ofScheduler = optionsOfScheduler(scheduler);
  // A schedule that is turned off keeps its options for when it is turned on again.
  for (const field of SCHEDULER_OPTIONS.filter((option) => !ofScheduler.includes(option))) {
    if (scheduler === 'none') continue;
    unused(
      field,
      `is no option of the scheduler ${scheduler}, which has ${list(ofScheduler, nameOf)}; leave it out.`,
    );
  }
  if (scheduler === 'onecycle' && (innermost === 'adagrad' || innermost === 'adadelta')) {
    invalid(
      'scheduler',
      `is onecycle, which moves momentum or betas; the optimizer ${innermost} has neither. Choose another of the two.`,
    );
  }
  if (scheduler === 'onecycle' && config.momentum === 0) {
    invalid('momentum', 'is 0, but the scheduler onecycle moves it: choose one above 0, or leave it out.');
  }
  if (config.nesterov && config.momentum === 0) {
    invalid('nesterov', `needs ${nameOf('momentum')} above 0.`);
  }
  if (loss === 'perceptual') {
    if (config.perceptualWeights === undefined) {
      invalid(
        'loss',
        `is perceptual, which needs ${nameOf('perceptualWeights')}: VGG16 as a safetensors file.`,
      );
    }
  } else {
    for (const field of ['perceptualWeights', 'perceptualBands'] as const) {
      unused(field, `is for the loss perceptual, not ${loss}; leave it out.`);
    }
  }
  if (config.statistics === 'lab' || config.statistics === 'lpb') {
    unused(
      'globalStats',
      `is for gab and gpb, not ${config.statistics}: change ${nameOf('statistics')}, or leave it out.`,
    );
  }
  if (config.clipPercent > 0 && config.normalization !== 'min_max') {
    unused('clipPercent', `is for min_max, not ${config.normalization}; leave it out.`);
  }
  if (config.augmentation !== 'all') {
    for (const field of RANGES) unused(field, `needs ${nameOf('augmentation')} all.`);
  }
  if (config.betaStart > config.betaEnd) {
    invalid(
      'betaStart',
      `is ${config.betaStart}; it must not be above ${nameOf('betaEnd')}, ${config.betaEnd}.`,
    );
  }
  return conflicts;
}

function list(fields: readonly string[], nameOf: (field: string) => string): string {
  return fields.map(nameOf).join(', ');
}

import { parseConditions } from '../conditions/ConditionSpec.js';
import { isMasked } from './isMasked.js';
import type { PretrainConfig } from './PretrainConfig.js';

/** An option that contradicts another. */
export interface OptionConflict {
  field: keyof PretrainConfig;
  /** What is wrong and what to do, behind the name of the option. */
  message: string;
}

/** Losses that are means over single values. */
const ELEMENTWISE: readonly string[] = ['mse', 'l1', 'charbonnier'];

/**
 * Finds the options that contradict others. Those that nothing reads (`unreadOptions`) must not be among them.
 *
 * @param config All options.
 * @param nameOf How the user names a field: its flag, or its key in the file.
 */
export function optionConflicts(config: PretrainConfig, nameOf: (field: string) => string): OptionConflict[] {
  const conflicts: OptionConflict[] = [];
  const add = (field: keyof PretrainConfig, message: string) => {
    conflicts.push({ field, message });
  };
  const { optimizer, baseOptimizer = 'sgd', scheduler, loss } = config;
  const innermost = optimizer === 'sam' ? baseOptimizer : optimizer;
  if (scheduler === 'onecycle' && (innermost === 'adagrad' || innermost === 'adadelta')) {
    add(
      'scheduler',
      `is onecycle, which moves momentum or betas; the optimizer ${innermost} has neither. Choose another of the two.`,
    );
  }
  if (scheduler === 'onecycle' && config.momentum === 0) {
    add('momentum', 'is 0, but the scheduler onecycle moves it: choose one above 0, or leave it out.');
  }
  if (config.nesterov && config.momentum === 0) {
    add('nesterov', `needs ${nameOf('momentum')} above 0.`);
  }
  if (loss === 'perceptual' && config.perceptualWeights === undefined) {
    add('loss', `is perceptual, which needs ${nameOf('perceptualWeights')}: VGG16 as a safetensors file.`);
  }
  if (config.windows !== undefined && config.size === undefined) {
    add('windows', `needs ${nameOf('size')}, the side of a window.`);
  }
  if (config.zeroTerminalSnr && config.predictionType === 'noise') {
    add(
      'zeroTerminalSnr',
      `needs ${nameOf('predictionType')} x0 or v: noise says nothing of a chip where there is nothing else.`,
    );
  }
  if (isMasked(config) && config.maskLoss !== 'all' && !ELEMENTWISE.includes(loss)) {
    const others = `with ${nameOf('loss')} ${loss}, which looks beyond single pixels`;
    add('maskLoss', `is ${config.maskLoss}; it must be all ${others}, or choose ${ELEMENTWISE.join(', ')}.`);
  }
  if (config.conditions.length > 0) {
    const is = `is ${config.conditions.join(', ')}`;
    try {
      parseConditions(config.conditions);
    } catch (error) {
      add('conditions', `${is}: ${(error as Error).message}`);
    }
    const { normalization, statistics } = config;
    const scalesApart = normalization === 'none' || statistics === 'gpb' || statistics === 'lpb';
    if (
      config.conditions.some((text) => /:\s*image\s*$/.test(text)) &&
      (!scalesApart || normalization === 'whiten')
    ) {
      const needs = `${nameOf('statistics')} gpb or lpb, and ${nameOf('normalization')} z_value, min_max or none`;
      add('conditions', `${is}; an image needs ${needs}, so that it is scaled apart from the chip.`);
    }
    if (config.model !== 'unet2d')
      add('conditions', `${is}; it needs ${nameOf('model')} unet2d: ${config.model} has no place for them.`);
  }
  if (config.model === 'unet2d') {
    const { blockOutChannels: channels, attentionLevels = [] } = config;
    if (channels.some((n) => n % 4 !== 0))
      add('blockOutChannels', `is ${channels}; it must be multiples of 4.`);
    if (attentionLevels.some((level) => level > channels.length))
      add(
        'attentionLevels',
        `is ${attentionLevels}; it must be at most ${channels.length}, the number of ${nameOf('blockOutChannels')}.`,
      );
  }
  if (config.model === 'uVit' || config.model === 'dit') {
    const { embedDim, numHeads } = config;
    if (embedDim % numHeads !== 0)
      add('numHeads', `is ${numHeads}; it must be a divisor of ${nameOf('embedDim')}, ${embedDim}.`);
    else if (config.model === 'dit' && embedDim % 4 !== 0)
      add('embedDim', `is ${embedDim}; it must be a multiple of 4.`);
  }
  if (config.betaStart > config.betaEnd) {
    add('betaStart', `is ${config.betaStart}; it must not be above ${nameOf('betaEnd')}, ${config.betaEnd}.`);
  }
  return conflicts;
}

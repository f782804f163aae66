import { OPTIMIZER_OPTIONS, optionsOfOptimizer } from './optimizerFields.js';
import type { PretrainConfig } from './PretrainConfig.js';
import { optionsOfScheduler, SCHEDULER_OPTIONS } from './schedulerFields.js';

/** An option that nothing reads, because of what another one says. */
export interface UnreadOption {
  field: keyof PretrainConfig;
  /** That other one. */
  because: keyof PretrainConfig;
  /** Why, behind the name of the option. */
  reason: string;
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

/** Options of some networks alone. */
const OF_TRANSFORMER = ['tokenSize', 'embedDim', 'depth', 'numHeads'] as const;
const OF_MODEL = {
  unet_att_d: [
    'patchSize',
    'filterConfig',
    'blockNum',
    'dropoutRate',
    'dropoutType',
    'skipDropRate',
    'upmode',
    'attention',
    'timeEmbeddingDim',
  ],
  unet2d: ['blockOutChannels', 'layersPerBlock', 'attentionLevels', 'dropoutRate'],
  uVit: OF_TRANSFORMER,
  dit: OF_TRANSFORMER,
} as const satisfies Record<PretrainConfig['model'], readonly (keyof PretrainConfig)[]>;

/** Values that the tutorial's file holds beside choices that do not read them. */
const SHIPPED = { downfactor: 32, lossWeights: { alpha: 0.9, beta: 0.1, gamma: 0 } };

/**
 * Finds the options that were given and have no effect beside the others.
 *
 * @param config All options.
 * @param isGiven Whether the user gave a field.
 * @param nameOf How the user names a field: its flag, or its key in the file.
 */
export function unreadOptions(
  config: PretrainConfig,
  isGiven: (field: keyof PretrainConfig) => boolean,
  nameOf: (field: string) => string,
): UnreadOption[] {
  const unread: UnreadOption[] = [];
  const add = (field: keyof PretrainConfig, because: keyof PretrainConfig, reason: string) => {
    if (isGiven(field)) unread.push({ field, because, reason });
  };
  const list = (fields: readonly string[]) => fields.map(nameOf).join(', ');
  const {
    optimizer,
    baseOptimizer = 'sgd',
    scheduler,
    loss,
    statistics,
    normalization,
    clipPercent,
  } = config;

  const ofOptimizer = optionsOfOptimizer(optimizer, baseOptimizer);
  const inWords = optimizer === 'sam' ? `sam over ${baseOptimizer}` : optimizer;
  for (const field of OPTIMIZER_OPTIONS.filter((option) => !ofOptimizer.includes(option))) {
    add(field, 'optimizer', `is no option of the optimizer ${inWords}, which has ${list(ofOptimizer)}`);
  }
  const ofScheduler = optionsOfScheduler(scheduler);
  // A schedule that is turned off keeps its options for when it is turned on again.
  for (const field of SCHEDULER_OPTIONS.filter((option) => !ofScheduler.includes(option))) {
    if (scheduler === 'none') continue;
    add(field, 'scheduler', `is no option of the scheduler ${scheduler}, which has ${list(ofScheduler)}`);
  }
  if (loss !== 'perceptual') {
    for (const field of ['perceptualWeights', 'perceptualBands'] as const) {
      add(field, 'loss', `is for the loss perceptual, not ${loss}`);
    }
  }
  if (loss !== 'hybrid_light' && isOther(config, 'lossWeights')) {
    add('lossWeights', 'loss', `is for the loss hybrid_light, not ${loss}`);
  }
  if (statistics === 'lab' || statistics === 'lpb') {
    add('globalStats', 'statistics', `is for gab and gpb, not ${statistics}`);
    if (isOther(config, 'downfactor')) {
      add('downfactor', 'statistics', `is for gab and gpb, not ${statistics}`);
    }
  }
  if (clipPercent > 0) {
    const readers = config.compat === 'readme' ? ['min_max', 'z_value'] : ['min_max'];
    if (!readers.includes(normalization)) {
      add('clipPercent', 'normalization', `is for ${readers.join(' and ')}, not ${normalization}`);
    } else if (config.compat === 'readme' && normalization === 'min_max' && clipPercent >= 1) {
      add('clipPercent', 'normalization', `is ${clipPercent}, and min_max ends at 1`);
    }
  }
  const { model } = config;
  for (const [field, owners] of ownersOf(OF_MODEL)) {
    if (owners.includes(model)) continue;
    const networks = owners.length > 1 ? 'networks' : 'network';
    add(field, 'model', `is of the ${networks} ${owners.join(' and ')}, not ${model}`);
  }
  if (config.conditions.length === 0) {
    for (const field of ['conditionDropout', 'conditionDropoutAll'] as const) {
      add(field, 'conditions', `has no effect without ${nameOf('conditions')}`);
    }
  }
  if (config.windows === undefined) {
    for (const field of ['windowsPerScene', 'maxMissing'] as const) {
      add(field, 'windows', `has no effect without ${nameOf('windows')}`);
    }
  }
  if (config.maskRatio === 0)
    add('maskSize', 'maskRatio', `is of the blocks of ${nameOf('maskRatio')}, which is 0`);
  if (config.maskRatio === 0 && config.maskBands === 0) {
    const reason = `needs ${nameOf('maskRatio')} or ${nameOf('maskBands')} above 0`;
    for (const field of ['maskShare', 'maskLoss'] as const) add(field, 'maskRatio', reason);
  }
  if (config.augmentation !== 'all') {
    for (const field of RANGES) add(field, 'augmentation', `needs ${nameOf('augmentation')} all`);
  }
  return unread;
}

function isOther(config: PretrainConfig, field: keyof typeof SHIPPED): boolean {
  return JSON.stringify(config[field]) !== JSON.stringify(SHIPPED[field]);
}

/** The networks that have each option. */
function ownersOf(options: Record<string, readonly (keyof PretrainConfig)[]>) {
  const owners = new Map<keyof PretrainConfig, string[]>();
  for (const [network, fields] of Object.entries(options)) {
    for (const field of fields) owners.set(field, [...(owners.get(field) ?? []), network]);
  }
  return owners;
}

import { fieldOf } from './fieldOf.js';
import { NULLABLE_FIELDS, type PretrainConfig, type RunOptions } from './PretrainConfig.js';
import { schemaKeys, type TutorialConfig } from './tutorialSchema.js';

/** What a configuration file says of the run itself. */
export type FileRunOptions = Pick<RunOptions, 'out' | 'logDir' | 'resume' | 'backend'>;

const nullable: readonly string[] = NULLABLE_FIELDS;

/**
 * The trainer's options for a configuration. What the tutorial's file cannot say is as its code has it: no limit on
 * the gradients, timesteps drawn independently, all augmentations, and a learning rate that changes with the epoch.
 */
export function toPretrainConfig(config: TutorialConfig): { config: PretrainConfig; run: FileRunOptions } {
  const fields: Record<string, unknown> = {};
  for (const { path } of schemaKeys) {
    const field = fieldOf(path);
    if (field === null) continue;
    const value = path
      .split('.')
      .reduce<unknown>((block, key) => (block as Record<string, unknown>)[key], config);
    if (value !== undefined && (value !== null || nullable.includes(field))) fields[field] = value;
  }
  const { out, logDir, resume, backend, ...named } = fields as unknown as PretrainConfig & FileRunOptions;
  return {
    config: {
      ...named,
      normalization: config.apply_normalization ? config.normal_strategy : 'none',
      augmentation: 'all',
      scheduleUnit: 'epoch',
      timestepSampling: 'uniform',
      clipNorm: 0,
      onBadChip: 'error',
    },
    run: { out, logDir, resume, backend },
  };
}

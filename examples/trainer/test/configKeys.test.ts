import { describe, expect, it } from 'vitest';
import { parse, parseKey, VALUES } from '../../../test/support/configKeys.js';
import { readFixture } from '../../../test/support/fixtures.js';
import { fieldOf } from '../src/config/fieldOf.js';
import { OPTIMIZER_OPTIONS } from '../src/config/optimizerFields.js';
import { keyOf } from '../src/config/parseConfig.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { SCHEDULER_OPTIONS } from '../src/config/schedulerFields.js';
import { toPretrainConfig } from '../src/config/toPretrainConfig.js';
import { schemaKeys, type TutorialConfig } from '../src/config/tutorialSchema.js';

const { Train_Validate: shipped } =
  readFixture<Record<string, Record<string, object>>>('config_ssl_train.json').numbers_resolved;

describe('each key', () => {
  it('is tested below', () => {
    expect(Object.keys(VALUES).sort()).toEqual(schemaKeys.map((key) => key.path).sort());
    for (const key of Object.keys(shipped)) expect(VALUES).toHaveProperty(key);
  });

  it.each(Object.entries(VALUES))('%s is accepted and refused', (key, [accepted, refused]) => {
    for (const value of accepted) expect(() => parseKey(key, value), value).not.toThrow();
    const named = `^my\\.yaml, line 2: ${key.replace('.', '\\.')}(\\.\\w+)? `;
    const said = '(is .*(it must be|needs) .+|is not known; did you mean .+)$';
    for (const value of refused) expect(() => parseKey(key, value), value).toThrow(RegExp(named + said));
  });

  it('has words for what it accepts and does', () => {
    for (const { path: key, accepted, description } of schemaKeys) {
      expect(accepted, key).not.toBe('');
      expect(description, key).toMatch(/\.$/);
    }
  });

  const ofNoField = [
    'buffer_comp',
    'catalog_index',
    'trans',
    'parallel',
    'model',
    'diffusion',
    'model_kwargs',
  ];
  const reaching = Object.entries(VALUES).filter(([key]) => !ofNoField.includes(key));
  /** Fields that the command line has too, and the few that it has no default for. */
  const fields = [
    ...Object.keys(parsePretrainOptions([]).config),
    ...Object.keys(parsePretrainOptions([]).run),
    ...OPTIMIZER_OPTIONS,
    ...SCHEDULER_OPTIONS,
    ...['data', 'catalog', 'channels', 'size', 'validateBatch'],
    ...['windows', 'windowsPerScene', 'maxMissing', 'inputBands', 'attentionLevels'],
    ...['globalStats', 'paramsInit', 'compat', 'perceptualWeights'],
  ];
  it.each(reaching)('%s reaches the trainer', (key, [values]) => {
    const special =
      key === 'apply_normalization' ? 'normalization' : key.startsWith('loss_weights') && 'lossWeights';
    const field = special || fieldOf(key)!;
    expect(fields).toContain(field);
    const optionOf = (file: TutorialConfig) => {
      const { config, run } = toPretrainConfig(file);
      return JSON.stringify(({ ...config, ...run } as Record<string, unknown>)[field]);
    };
    const options = values.map((value) => optionOf(parseKey(key, value)));
    expect(new Set([...options, optionOf(parse('seed: 0'))]).size).toBeGreaterThan(1);
  });

  it('has a field of its own, by which an error finds it', () => {
    expect(keyOf('batch')).toBe('train_batch');
    expect(keyOf('attention')).toBe('model_kwargs.use_skipAtt');
    expect(keyOf('tMax')).toBe('T_max');
    expect(keyOf('out')).toBe('save_dir');
  });
});

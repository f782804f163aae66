import { describe, expect, it } from 'vitest';
import { parseKey, VALUES } from '../../../test/support/configKeys.js';
import { checkRunState } from '../src/checkpoint/checkRunState.js';
import { checkSavedConfig } from '../src/config/checkSavedConfig.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { toPretrainConfig } from '../src/config/toPretrainConfig.js';

const defaults = parsePretrainOptions([]).config;
/** A configuration as a checkpoint holds it. */
const saved = (changes: object) =>
  JSON.parse(JSON.stringify({ ...defaults, ...changes })) as Record<string, unknown>;

describe('checkSavedConfig', () => {
  it('takes every configuration that a file can give', () => {
    let count = 0;
    for (const [key, [accepted]] of Object.entries(VALUES)) {
      for (const value of accepted) {
        const { config } = toPretrainConfig(parseKey(key, value));
        expect(() => checkSavedConfig(saved(config)), `${key}: ${value}`).not.toThrow();
        count++;
      }
    }
    expect(count).toBeGreaterThan(150);
  });

  it('takes what flags can give, with lists and words of every kind', () => {
    const flags = ['--betas 0.9,0.95', '--milestones 1,2', '--scheduler multistep', '--no-attention'];
    const { config } = parsePretrainOptions(flags.flatMap((flag) => flag.split(' ')));
    expect(() => checkSavedConfig(saved(config))).not.toThrow();
  });

  it.each<[string, unknown, RegExp]>([
    ['betas', 0.9, /config\.betas is 0\.9; it must be a list of numbers/],
    ['betas', [0.9, null], /config\.betas is a list; it must be a list of numbers/],
    ['filterConfig', [8, '16', 8, 8, 8, 8], /config\.filterConfig is a list; it must be a list of numbers/],
    ['imageColumns', [3], /config\.imageColumns is a list; it must be a list of strings/],
    ['freezeBatchNorm', 1.5, /config\.freezeBatchNorm is 1\.5; it must be a number from 0 to 1/],
    ['seed', 1e300, /config\.seed is 1e\+300; it must be an integer/],
    ['upmode', null, /config\.upmode is null; it must be one of fixed, /],
    ['scaleFactor', undefined, /config\.scaleFactor is missing; it must be a list/],
    ['globalStats', 3, /config\.globalStats is 3; it must be a text/],
  ])('names %s of %j', (field, value, message) => {
    expect(() => checkSavedConfig(saved({ [field]: value }))).toThrow(message);
  });
});

describe('checkRunState', () => {
  /** What the configuration of the first checkpoints that can still be read holds. */
  const first = (
    'imageColumns buffer nodata onBadChip normalization statistics downfactor clipPercent augmentation scaleFactor ' +
    'cropStrategy rotationDegree bshiftGammaRange patchShift contrastRange brRange sigmaRange epochs batch ' +
    'accumulate clipNorm ' +
    'emaDecay checkpointInterval seed loss lossWeights perceptualBands minSnrGamma optimizer learningRate ' +
    'weightDecay scheduler ' +
    'scheduleUnit warmup timesteps timestepSampling noiseSchedule betaStart betaEnd filterConfig blockNum ' +
    'dropoutRate ' +
    'dropoutType upmode attention timeEmbeddingDim'
  ).split(' ');

  const stateOf = (config: object) => ({
    ...{ config, build: 'wasm', epoch: 0, nextBatch: 0, step: 0, schedule: {}, learningRate: 0 },
    ...{ epochLoss: { sum: 0, count: 0 }, epochImages: 0, epochSeconds: 0, epochWaitSeconds: 0 },
    ...{ history: [], seconds: 0 },
  });

  it('knows what runs did before each flag that has come since', () => {
    const config = Object.fromEntries(Object.entries(saved({})).filter(([field]) => first.includes(field)));
    const { config: whole } = checkRunState(stateOf(config));
    expect(Object.keys(whole).sort()).toEqual(Object.keys(saved({})).sort());
  });

  it('leaves a state as it is, so that it is saved again in the same words', () => {
    const state = stateOf(saved({}));
    expect(JSON.stringify(checkRunState(state))).toBe(JSON.stringify(state));
  });
});

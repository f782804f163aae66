import { describe, expect, it } from 'vitest';
import { compose, type TutorialAugmentation, tutorialSteps } from '../../src/augmentation/index.js';
import { readFixture } from '../support/fixtures.js';

const shipped = readFixture<{ numbers_resolved: { Train_Validate: TutorialAugmentation } }>(
  'config_ssl_train.json',
).numbers_resolved.Train_Validate;
const image = {
  height: 12,
  width: 12,
  channels: 4,
  data: Float32Array.from({ length: 576 }, (_, i) => 0.5 + 0.3 * Math.sin(i * i)),
};
const run = (keys: TutorialAugmentation, step = 0) =>
  compose(tutorialSteps(keys, { probability: 1 }))({ image }, { seed: 1, stream: 2, step }).image.data;

describe('tutorialSteps', () => {
  it('gives the shipped keys in order, each with probability 0.5', () => {
    const steps = tutorialSteps(shipped);
    expect(steps).toEqual([
      { name: 'rescale', probability: 0.5, range: shipped.scale_factor, crop: shipped.crop_strategy },
      { name: 'flip', probability: 0.5 },
      { name: 'rotate', probability: 0.5, degrees: shipped.rotation_degree },
      {
        name: 'gamma',
        probability: 0.5,
        range: shipped.bshift_gamma_range,
        patch: shipped.patch_shift,
        negative: 'zero',
      },
      { name: 'contrast', probability: 0.5, range: shipped.contrast_range },
      { name: 'brightness', probability: 0.5, range: shipped.br_range },
      { name: 'jitter', probability: 0.5, range: shipped.sigma_range },
    ]);
    expect(tutorialSteps({ scale_factor: null })).toEqual([{ name: 'flip', probability: 0.5 }]);
  });

  const others: [keyof TutorialAugmentation, TutorialAugmentation][] = [
    ['scale_factor', { scale_factor: [1.8, 2] }],
    ['crop_strategy', { scale_factor: [1.8, 2], crop_strategy: 'random' }],
    ['rotation_degree', { rotation_degree: [30, 40] }],
    ['sigma_range', { sigma_range: [0.2, 0.3] }],
    ['br_range', { br_range: [0.1, 0.2] }],
    ['contrast_range', { contrast_range: [0.5, 0.6] }],
    ['bshift_gamma_range', { bshift_gamma_range: [2, 3] }],
    ['patch_shift', { bshift_gamma_range: [2, 3], patch_shift: false }],
  ];
  it.each(others)('%s takes effect', (key, keys) => {
    expect(run({ ...keys, [key]: shipped[key] }, 3)).not.toEqual(run(keys, 3));
    expect(run({ ...keys, [key]: null }, 3)).not.toEqual(run(keys, 3));
    expect(shipped).toHaveProperty(key);
  });

  it('turns labels and changes brightness as the code of the tutorial, where asked to', () => {
    const steps = tutorialSteps(shipped, { compat: 'tutorial' });
    const plain = tutorialSteps(shipped);
    expect(steps).toEqual(
      plain.map((step) => (/rotate|brightness/.test(step.name) ? { ...step, compat: 'tutorial' } : step)),
    );
    expect(plain.some((step) => 'compat' in step)).toBe(false);
  });

  it('takes two angles for a choice and patch_shift for a shift, where asked for the README', () => {
    const keys = { ...shipped, rotation_degree: [-90, 90] };
    const steps = tutorialSteps(keys, { compat: 'readme' });
    const names = ['rescale', 'flip', 'rotate', 'shift', 'gamma', 'contrast', 'brightness', 'jitter'];
    expect(steps.map((step) => step.name)).toEqual(names);
    expect(steps[2]).toEqual({ name: 'rotate', probability: 0.5, degrees: [-90, 90], pair: 'choice' });
    expect(steps[3]).toEqual({ name: 'shift', probability: 0.5 });
    expect(steps[4]).toMatchObject({ name: 'gamma', patch: false });
    const off = tutorialSteps(
      { ...keys, patch_shift: false, bshift_gamma_range: null },
      { compat: 'readme' },
    );
    expect(off.map((step) => step.name)).not.toContain('shift');
    const alone = tutorialSteps({ patch_shift: true }, { compat: 'readme', probability: 0.2 });
    expect(alone).toEqual([
      { name: 'flip', probability: 0.2 },
      { name: 'shift', probability: 0.2 },
    ]);
  });

  it('keeps the spread of z-scores', () => {
    const scores = { ...image, data: image.data.map((v) => 4 * v - 2) };
    const keys = { ...shipped, scale_factor: null, rotation_degree: null };
    const lowest = (zScores: boolean) => {
      const augment = compose(tutorialSteps(keys, { probability: 1, zScores }));
      return Math.min(...augment({ image: scores }, { seed: 1, stream: 2, step: 0 }).image.data);
    };
    expect(lowest(true)).toBeLessThan(-0.5);
    expect(lowest(false)).toBeGreaterThan(0);
  });
});

import { describe, expect, it } from 'vitest';
import { flagOf, parsePretrainOptions } from '../../examples/lib/pretrainOptions.js';

/** What a flag is given where its default value as text would not do. */
const VALUES: Record<string, string[]> = {
  attention: [],
  patchShift: [],
  data: ['.', '--catalog', 'c'],
  catalog: ['c', '--data', '.'],
  size: ['64'],
  lossWeights: ['0.5,0.5,0'],
  perceptualBands: ['0,1,2', '--loss', 'perceptual', '--perceptual-weights', 'vgg16.safetensors'],
};

describe('flagOf', () => {
  const { config } = parsePretrainOptions([]);

  it.each([...Object.keys(config), 'data', 'catalog', 'size'])('gives the flag that sets %s', (key) => {
    const initial = config[key as keyof typeof config];
    const value = VALUES[key] ?? [String(initial ?? 1) || '1'];
    const { given } = parsePretrainOptions(['--augmentation', 'all', flagOf(key), ...value]);
    expect(given).toContain(key);
  });
});

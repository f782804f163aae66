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
};

describe('flagOf', () => {
  const { config } = parsePretrainOptions([]);

  it.each([...Object.keys(config), 'data', 'catalog', 'size'])('gives the flag that sets %s', (key) => {
    const initial = config[key as keyof typeof config];
    const { given } = parsePretrainOptions([flagOf(key), ...(VALUES[key] ?? [String(initial ?? 1) || '1'])]);
    expect(given).toContain(key);
  });
});

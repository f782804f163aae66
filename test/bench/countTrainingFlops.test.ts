import { expect, test } from 'vitest';
import { countTrainingFlops } from '../../bench/countTrainingFlops.js';
import { networkName, networks } from '../../bench/networks.js';

test('operations of a training step, for the three networks of the benchmark', () => {
  expect(
    networks.map((network) => [networkName(network), (countTrainingFlops(network) / 1e9).toFixed(1)]),
  ).toEqual([
    ['[16…512] 64×64 batch 8', '13.0'],
    ['[8…256] 224×224 batch 4', '20.0'],
    ['[32…1024] 224×224 batch 2', '158.7'],
  ]);
});

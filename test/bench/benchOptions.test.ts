import { afterEach, expect, test } from 'vitest';
import { benchOptions } from '../../bench/benchOptions.js';
import { findNetwork, networks, sampledNetworks } from '../../bench/networks.js';

const { argv } = process;
afterEach(() => {
  process.argv = argv;
});

const read = (...args: string[]) => {
  process.argv = [...argv.slice(0, 2), ...args];
  return benchOptions(networks, { steps: 5, 'warm-up': 2 });
};

test('without options every network, backend and PyTorch on the processor', () => {
  expect(read()).toEqual({
    networks: ['1', '2', '3'],
    backends: ['wasm', 'node', 'webgpu'],
    allowSoftware: false,
    device: 'cpu',
    limit: undefined,
    json: undefined,
    counts: { steps: 5, 'warm-up': 2 },
  });
});

test('options choose, none of the backends leaves PyTorch alone', () => {
  const given = [
    '--networks',
    '2 small',
    '--backends',
    'none',
    '--peer',
    'cuda',
    '--limit',
    '9',
    '--steps',
    '7',
  ];
  expect(read(...given, '--json', 'a.json')).toEqual({
    networks: ['2', 'small'],
    backends: [],
    allowSoftware: true,
    device: 'cuda',
    limit: 9,
    json: 'a.json',
    counts: { steps: 7, 'warm-up': 2 },
  });
});

test.each([
  [['--networks', '4'], "--networks takes numbers from 1 to 3 and small, not '4'"],
  [['--peer', 'gpu'], "--peer takes cpu, cuda, none, not 'gpu'"],
  [['--limit', 'long'], "--limit takes seconds, not 'long'"],
  [['--steps', '0'], "--steps takes an integer from 1, not '0'"],
  [['--warm-up', '1.5'], "--warm-up takes an integer from 1, not '1.5'"],
])('%s is an error', (args, message) => {
  expect(() => read(...args)).toThrow(message);
});

test('small names the same network in both lists, a number that of its own', () => {
  expect(findNetwork(networks, 'small')).toBe(findNetwork(sampledNetworks, 'small'));
  expect(findNetwork(networks, '3')).toBe(networks[2]);
  expect(findNetwork(sampledNetworks, '3')).toBeUndefined();
});

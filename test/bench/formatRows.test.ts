import { expect, test } from 'vitest';
import { makeRows } from '../../bench/BenchRow.js';
import { formatRows } from '../../bench/formatRows.js';
import { networks } from '../../bench/networks.js';

const time = { node: 'v24', secondsPerStep: 0.5, peakMemoryBytes: 7e6 };

test('a line a row, WebGPU with the name of its adapter, software and a lower precision as such', () => {
  const rows = makeRows(
    networks[0],
    [
      { ...time, backend: 'pytorch', threads: 2, node: null, secondsPerStep: 0.25 },
      { ...time, backend: 'node', threads: 2 },
      { ...time, backend: 'webgpu', threads: null, adapter: 'NVIDIA H200', software: false },
      { ...time, backend: 'webgpu', threads: null, adapter: 'SwiftShader Device', software: true },
      { ...time, backend: 'pytorch', threads: null, adapter: 'NVIDIA H200', precision: 'tf32' },
    ],
    { flops: 13e9 },
  );
  const lines = formatRows(rows).map((line) => line.trim().split(/ {2,}/));
  expect(lines).toEqual([
    ['backend', 'threads', 's/step', 'images/s', 'GFLOP/s', 'peak MB', 'of PyTorch'],
    ['pytorch', '2', '0.250', '32.00', '52.0', '7', '100 %'],
    ['node', '2', '0.500', '16.00', '26.0', '7', '50 %'],
    ['webgpu', '-', '0.500', '16.00', '26.0', '7', '50 %', 'NVIDIA H200'],
    ['webgpu', '-', '0.500', '16.00', '26.0', '7', '50 %', 'SwiftShader Device (software)'],
    ['pytorch', '-', '0.500', '16.00', '26.0', '7', '50 %', 'NVIDIA H200', 'tf32'],
  ]);
});

test('without PyTorch there is no share of it', () => {
  const [, line] = formatRows(
    makeRows(networks[0], [{ ...time, backend: 'wasm', threads: 1 }], { flops: 13e9 }),
  );
  expect(line).toMatch(/^wasm .* -$/);
});

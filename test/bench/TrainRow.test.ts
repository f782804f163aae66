import { expect, test } from 'vitest';
import { networks } from '../../bench/networks.js';
import { makeTrainRows } from '../../bench/TrainRow.js';

const wasm = { backend: 'wasm', threads: 2, node: 'v20', secondsPerStep: 2, peakMemoryBytes: 7 };
const pytorch = { backend: 'pytorch', threads: 1, node: null, secondsPerStep: 0.8, peakMemoryBytes: 5 };

test('rows carry images and operations a second, and the share of the better PyTorch figure', () => {
  const rows = makeTrainRows(networks[0], [pytorch, { ...pytorch, threads: 2, secondsPerStep: 0.5 }, wasm]);
  expect(rows.map((row) => row.ratioToPyTorch)).toEqual([0.625, 1, 0.25]);
  expect(rows[2]).toEqual({
    network: '[16…512] 64×64 batch 8',
    backend: 'wasm',
    adapter: null,
    software: false,
    threads: 2,
    node: 'v20',
    secondsPerStep: 2,
    imagesPerSecond: 4,
    gflops: expect.closeTo(6.5016, 3),
    peakMemoryBytes: 7,
    ratioToPyTorch: 0.25,
  });
});

test('without PyTorch there is no ratio', () => {
  expect(makeTrainRows(networks[0], [wasm])[0].ratioToPyTorch).toBeNull();
});

test('a graphics processor is named, and whether it is one', () => {
  const webgpu = { ...wasm, backend: 'webgpu', threads: null, adapter: 'SwiftShader Device', software: true };
  expect(makeTrainRows(networks[0], [webgpu])[0]).toMatchObject({
    threads: null,
    adapter: 'SwiftShader Device',
    software: true,
  });
});

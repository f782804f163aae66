import { expect, test } from 'vitest';
import { makeRows } from '../../bench/BenchRow.js';
import { networks } from '../../bench/networks.js';

const wasm = { backend: 'wasm', threads: 2, node: 'v20', secondsPerStep: 2, peakMemoryBytes: 7 };
const pytorch = { backend: 'pytorch', threads: 1, node: null, secondsPerStep: 0.8, peakMemoryBytes: 5 };
const work = { flops: 13e9 };

test('rows carry images and operations a second, and the share of the better PyTorch figure', () => {
  const rows = makeRows(networks[0], [pytorch, { ...pytorch, threads: 2, secondsPerStep: 0.5 }, wasm], work);
  expect(rows.map((row) => row.ratioToPyTorch)).toEqual([0.625, 1, 0.25]);
  expect(rows[2]).toEqual({
    network: '[16…512] 64×64 batch 8',
    backend: 'wasm',
    adapter: null,
    software: false,
    precision: 'f32',
    threads: 2,
    node: 'v20',
    secondsPerStep: 2,
    imagesPerSecond: 4,
    gflops: 6.5,
    peakMemoryBytes: 7,
    gpuMemoryBytes: null,
    ratioToPyTorch: 0.25,
  });
});

test('an image that takes many steps is done once in as many', () => {
  expect(makeRows(networks[0], [wasm], { ...work, stepsPerImage: 50 })[0].imagesPerSecond).toBeCloseTo(0.08);
});

test('without PyTorch there is no ratio', () => {
  expect(makeRows(networks[0], [wasm], work)[0].ratioToPyTorch).toBeNull();
});

test('PyTorch counts in float32, whatever it reaches in a lower precision', () => {
  const lower = {
    ...pytorch,
    threads: null,
    adapter: 'NVIDIA H100',
    precision: 'bf16' as const,
    gpuMemoryBytes: 3,
  };
  const rows = makeRows(networks[0], [{ ...lower, secondsPerStep: 0.1 }, pytorch, wasm], work);
  expect(rows.map((row) => row.ratioToPyTorch)).toEqual([8, 1, 0.4]);
  expect(rows[0]).toMatchObject({ precision: 'bf16', adapter: 'NVIDIA H100', gpuMemoryBytes: 3 });
  expect(makeRows(networks[0], [lower, wasm], work)[1].ratioToPyTorch).toBeNull();
});

test('a graphics processor is named, and whether it is one', () => {
  const webgpu = { ...wasm, backend: 'webgpu', threads: null, adapter: 'SwiftShader Device', software: true };
  expect(makeRows(networks[0], [webgpu], work)[0]).toMatchObject({
    threads: null,
    adapter: 'SwiftShader Device',
    software: true,
  });
});

import { type BenchNetwork, networkName } from './networks.js';

/** One line of a benchmark of networks, as `--json` writes it. */
export interface BenchRow {
  network: string;
  /** `wasm`, `node`, `webgpu` or `pytorch`. */
  backend: string;
  /** The graphics processor of `webgpu`, as its driver names it; null elsewhere. */
  adapter: string | null;
  /** Whether the adapter computes on the processor: such a row says nothing about WebGPU's speed. */
  software: boolean;
  /** Of the processor; null for `webgpu`, which cannot be told. */
  threads: number | null;
  /** Version of Node; null for PyTorch. */
  node: string | null;
  /** Of a training step, or of a step of the sampler. */
  secondsPerStep: number;
  /** Images trained on, or sampled to the end. */
  imagesPerSecond: number;
  /** 10^9 floating-point operations a second. */
  gflops: number;
  peakMemoryBytes: number;
  /** Images a second, divided by PyTorch's better figure; null where PyTorch was not measured. */
  ratioToPyTorch: number | null;
}

/** What one process measured. */
export type Timing = Pick<BenchRow, 'backend' | 'threads' | 'node' | 'secondsPerStep' | 'peakMemoryBytes'> &
  Partial<Pick<BenchRow, 'adapter' | 'software'>>;

/** What a step of a benchmark is worth. */
export interface StepWork {
  /** Floating-point operations of a step. */
  flops: number;
  /** Steps that an image takes. Default 1. */
  stepsPerImage?: number;
}

/** Turns the timings of one network into rows. */
export function makeRows(
  network: BenchNetwork,
  timings: readonly Timing[],
  { flops, stepsPerImage = 1 }: StepWork,
): BenchRow[] {
  const peers = timings.filter(({ backend }) => backend === 'pytorch');
  const peerSeconds = Math.min(...peers.map(({ secondsPerStep }) => secondsPerStep));
  return timings.map(({ backend, adapter, software, threads, node, secondsPerStep, peakMemoryBytes }) => ({
    network: networkName(network),
    backend,
    adapter: adapter ?? null,
    software: software ?? false,
    threads,
    node,
    secondsPerStep,
    imagesPerSecond: network.batch / secondsPerStep / stepsPerImage,
    gflops: flops / 1e9 / secondsPerStep,
    peakMemoryBytes,
    ratioToPyTorch: peers.length > 0 ? peerSeconds / secondsPerStep : null,
  }));
}

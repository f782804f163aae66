import { type BenchNetwork, networkName } from './networks.js';

/** What numbers are computed in: float32, its products rounded to TF32, or products in bfloat16 (torch's autocast). */
export type Precision = 'f32' | 'tf32' | 'bf16';

/** One line of a benchmark of networks, as `--json` writes it. */
export interface BenchRow {
  network: string;
  /** `wasm`, `node`, `webgpu` or `pytorch`. */
  backend: string;
  /** The graphics processor, as its driver names it; null where the processor computes. */
  adapter: string | null;
  /** Whether the adapter computes on the processor: such a row says nothing about WebGPU's speed. */
  software: boolean;
  precision: Precision;
  /** Of the processor; null on a graphics processor, which cannot be told. */
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
  /** What the backend took of a graphics processor's memory; null elsewhere. */
  gpuMemoryBytes: number | null;
  /** Images a second, divided by PyTorch's better figure in float32; null where that was not measured. */
  ratioToPyTorch: number | null;
}

/** What one process measured. */
export type Timing = Pick<BenchRow, 'backend' | 'threads' | 'node' | 'secondsPerStep' | 'peakMemoryBytes'> &
  Partial<Pick<BenchRow, 'adapter' | 'software' | 'precision' | 'gpuMemoryBytes'>>;

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
  const peers = timings.filter(
    ({ backend, precision = 'f32' }) => backend === 'pytorch' && precision === 'f32',
  );
  const peerSeconds = Math.min(...peers.map(({ secondsPerStep }) => secondsPerStep));
  return timings.map(({ secondsPerStep, ...timing }) => ({
    network: networkName(network),
    backend: timing.backend,
    adapter: timing.adapter ?? null,
    software: timing.software ?? false,
    precision: timing.precision ?? 'f32',
    threads: timing.threads,
    node: timing.node,
    secondsPerStep,
    imagesPerSecond: network.batch / secondsPerStep / stepsPerImage,
    gflops: flops / 1e9 / secondsPerStep,
    peakMemoryBytes: timing.peakMemoryBytes,
    gpuMemoryBytes: timing.gpuMemoryBytes ?? null,
    ratioToPyTorch: peers.length > 0 ? peerSeconds / secondsPerStep : null,
  }));
}

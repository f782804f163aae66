import { countTrainingFlops } from './countTrainingFlops.js';
import { type BenchNetwork, networkName } from './networks.js';

/** One line of the training benchmark, as `--json` writes it. */
export interface TrainRow {
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
  secondsPerStep: number;
  imagesPerSecond: number;
  /** 10^9 floating-point operations a second, forward and backward. */
  gflops: number;
  peakMemoryBytes: number;
  /** Images a second, divided by PyTorch's better figure; null where PyTorch was not measured. */
  ratioToPyTorch: number | null;
}

/** What one process measured. */
export type Timing = Pick<TrainRow, 'backend' | 'threads' | 'node' | 'secondsPerStep' | 'peakMemoryBytes'> &
  Partial<Pick<TrainRow, 'adapter' | 'software'>>;

/** Turns the timings of one network into rows. */
export function makeTrainRows(network: BenchNetwork, timings: readonly Timing[]): TrainRow[] {
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
    imagesPerSecond: network.batch / secondsPerStep,
    gflops: countTrainingFlops(network) / 1e9 / secondsPerStep,
    peakMemoryBytes,
    ratioToPyTorch: peers.length > 0 ? peerSeconds / secondsPerStep : null,
  }));
}

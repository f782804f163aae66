import { decimal } from '../examples/trainer/src/config/decimal.js';

/** A network of a benchmark and its input. */
export interface BenchNetwork {
  filterConfig: number[];
  size: number;
  batch: number;
}

export const inChannels = 4;
export const blockNum = [2, 2, 2, 2, 2, 2];
export const timeEmbeddingDim = 128;
export const dropoutRate = 0.1;

export const networks: BenchNetwork[] = [
  { filterConfig: [16, 32, 64, 128, 256, 512], size: 64, batch: 8 },
  { filterConfig: [8, 16, 32, 64, 128, 256], size: 224, batch: 4 },
  { filterConfig: [32, 64, 128, 256, 512, 1024], size: 224, batch: 2 },
];

/** What `--networks small` measures: no benchmark, but a quick look whether everything runs. */
const small: BenchNetwork = { filterConfig: [4, 4, 8, 8, 8, 8], size: 32, batch: 2 };

/** The name of a network in tables and rows, for example `[16…512] 64×64 batch 8`. */
export function networkName({ filterConfig, size, batch }: BenchNetwork): string {
  return `[${filterConfig[0]}…${filterConfig[5]}] ${size}×${size} batch ${batch}`;
}

/** The networks of the sampling benchmark. */
export const sampledNetworks: BenchNetwork[] = networks
  .slice(0, 2)
  .map(({ filterConfig }) => ({ filterConfig, size: 64, batch: 16 }));

/** The network of a list that a number from 1 or `small` names, or undefined. */
export function findNetwork(list: readonly BenchNetwork[], name: string): BenchNetwork | undefined {
  return name === 'small' ? small : list[decimal(name) - 1];
}

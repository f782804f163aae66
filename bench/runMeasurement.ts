import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Precision, Timing } from './BenchRow.js';
import { type BenchNetwork, blockNum, dropoutRate, inChannels, timeEmbeddingDim } from './networks.js';
import { RunError, runJson } from './runJson.js';

/** What a process prints when its backend does not start here. */
export interface NotStarted {
  notStarted: string;
}

/** Where a measurement ran. */
export type Device = Pick<Timing, 'threads' | 'adapter' | 'software' | 'gpuMemoryBytes'>;

/** Where PyTorch is measured: on one and on two threads, on a graphics processor in three precisions, or not at all. */
export const peerDevices = ['cpu', 'cuda', 'none'] as const;

/** What is measured in one process. */
export interface Setup {
  backend: string;
  threads: number;
  /** PyTorch's. */
  device: (typeof peerDevices)[number];
  precision: Precision;
}

/** What every measurement prints. */
export type Measured = Device & Pick<Timing, 'secondsPerStep' | 'peakMemoryBytes'>;

const here = fileURLToPath(new URL('.', import.meta.url));

/**
 * Runs one of our measurements in a process of its own, which loads TypeScript as this one does, for `limit` seconds
 * at most.
 */
export function runChild<T>(script: string, args: (string | number | boolean)[], limit?: number): Promise<T> {
  return runJson(process.execPath, [...process.execArgv, path.join(here, script), ...args.map(String)], {
    // Without the root's path mapping the child imports the built package, as a user does.
    env: { TSX_TSCONFIG_PATH: path.join(here, 'tsconfig.json') },
    limit,
  });
}

/** Writes a network's arguments by their names in Python to a folder; returns the file. */
export function writePeerConfig({ filterConfig }: BenchNetwork, folder: string): string {
  const config = path.join(folder, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({
      in_channels: inChannels,
      filter_config: filterConfig,
      block_num: blockNum,
      upmode: 'deconv_2',
      use_skipAtt: true,
      time_embedding_dim: timeEmbeddingDim,
      dropout_rate: dropoutRate,
      dropout_type: 'traditional',
    }),
  );
  return config;
}

/**
 * Runs PyTorch's measurement of a network: `script` of `peers/`, with the network's configuration, the weights of
 * `folder` and further `options`.
 */
export function runPeer<T>(
  python: string,
  script: string,
  network: BenchNetwork,
  {
    folder,
    limit,
    ...options
  }: { folder: string; limit?: number; [option: string]: string | number | undefined },
): Promise<T> {
  const config = writePeerConfig(network, folder);
  const weights = path.join(folder, 'weights.safetensors');
  const args = Object.entries({ ...options, weights, config }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  return runJson(python, ['-B', path.join(here, 'peers', script), ...args], { limit });
}

/**
 * Measures one backend after the other, on one and on two threads where it can be told, PyTorch on its device, or each
 * on the numbers of `threads`. One that does not start, or cannot hold the network, is named with the reason and left
 * out.
 */
export async function measureBackends<M extends Measured>(
  backends: readonly string[],
  device: Setup['device'],
  measure: (setup: Setup) => Promise<M | NotStarted>,
  threads: readonly number[] = [],
): Promise<(M & Timing)[]> {
  const measured: (M & Timing)[] = [];
  const setups = backends.flatMap((backend) => {
    const usual = setupsOf(backend, device);
    return threads.length > 0 ? threads.map((count) => ({ ...usual[0], threads: count })) : usual;
  });
  for (const setup of setups) {
    const { backend, precision } = setup;
    const result = await attempt(describe(setup), () => measure(setup));
    const node = backend === 'pytorch' ? null : process.version;
    if (result) measured.push({ ...result, backend, node, precision });
  }
  return measured;
}

/** The native backend takes all cores, a graphics processor what it has. */
function setupsOf(backend: string, device: Setup['device']): Setup[] {
  const setup = { backend, device, threads: 1, precision: 'f32' as const };
  if (backend === 'pytorch' && device === 'cuda') {
    return (['f32', 'tf32', 'bf16'] as const).map((precision) => ({ ...setup, precision }));
  }
  if (backend === 'node') return [{ ...setup, threads: availableParallelism() }];
  return backend === 'webgpu' ? [setup] : [setup, { ...setup, threads: 2 }];
}

function describe({ backend, device, threads, precision }: Setup): string {
  if (backend === 'webgpu') return backend;
  return backend === 'pytorch' && device === 'cuda'
    ? `${backend} on CUDA, ${precision}`
    : `${backend}, threads: ${threads}`;
}

/** What `run` measures, or undefined, with a line that says why, when memory is short or the backend does not start. */
async function attempt<M>(what: string, run: () => Promise<M | NotStarted>): Promise<M | undefined> {
  try {
    const result = await run();
    if (!(typeof result === 'object' && result !== null && 'notStarted' in result)) return result as M;
    console.log(`  ${what}: does not start (${result.notStarted})`);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    console.log(`  ${what}: ${error.outOfMemory ? 'cannot hold this network' : 'failed'}, ${error.message}`);
    if (!error.outOfMemory) process.exitCode = 1;
  }
  return undefined;
}

/** Times a training step of three networks on every backend that starts, and in PyTorch. See README.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { countTrainingFlops } from './countTrainingFlops.js';
import { findPeer } from './findPeer.js';
import { formatTrainRows } from './formatTrainRows.js';
import { blockNum, dropoutRate, inChannels, networkName, networks, timeEmbeddingDim } from './networks.js';
import { RunError, runJson } from './runJson.js';
import { makeTrainRows, type Timing, type TrainRow } from './TrainRow.js';
import type { Measurement, NotStarted } from './trainChild.js';

const { values: options } = parseArgs({
  options: {
    networks: { type: 'string', default: networks.map((_, i) => i + 1).join() },
    backends: { type: 'string' },
    steps: { type: 'string', default: '5' },
    json: { type: 'string' },
  },
});
const chosen = options.networks.split(',').map((number) => Number(number) - 1);
const backends = (options.backends ?? 'wasm,node,webgpu').split(',');
// An adapter that computes on the processor takes minutes a step: only where WebGPU is asked for by name.
const allowSoftware = options.backends !== undefined;
const steps = Number(options.steps);
if (!chosen.every((index) => networks[index]) || !(Number.isInteger(steps) && steps > 0)) {
  throw new Error(`--networks takes numbers from 1 to ${networks.length}, --steps an integer above 0`);
}

/** Two first losses further apart than this come from different networks. */
const agreement = 1e-4;

const here = fileURLToPath(new URL('.', import.meta.url));
const peer = findPeer();
if (!peer) console.log('No Python with PyTorch: run bench/peers/setup.sh to compare with it.');

const rows: TrainRow[] = [];
for (const index of chosen) rows.push(...(await measureNetwork(index)));
if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);

async function measureNetwork(index: number): Promise<TrainRow[]> {
  const network = networks[index];
  console.log(`\n${networkName(network)}, ${(countTrainingFlops(network) / 1e9).toFixed(1)} GFLOP a step`);
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-train-'));
  try {
    await runChild('prepare', index, folder);
    const measured: (Timing & { firstLoss: number })[] = [];
    const measure = async (backend: string, threads: number) => {
      const what = backend === 'webgpu' ? backend : `${backend}, threads: ${threads}`;
      const result = await attempt(what, () =>
        backend === 'pytorch'
          ? runPeer(index, folder, threads)
          : runChild<Measurement | NotStarted>('measure', index, folder, backend, threads),
      );
      const node = backend === 'pytorch' ? null : process.version;
      if (result) measured.push({ ...result, backend, node });
    };
    for (const backend of [...(peer ? ['pytorch'] : []), ...backends]) {
      for (const threads of threadsOf(backend)) await measure(backend, threads);
    }
    checkAgreement(measured);
    const networkRows = makeTrainRows(network, measured);
    for (const line of formatTrainRows(networkRows)) console.log(`  ${line}`);
    return networkRows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The native backend takes all cores, a graphics processor what it has. */
function threadsOf(backend: string): number[] {
  if (backend === 'node') return [availableParallelism()];
  return backend === 'webgpu' ? [1] : [1, 2];
}

function runChild<T>(task: string, index: number, folder: string, backend = '', threads = 1): Promise<T> {
  const loader = ['--import', import.meta.resolve('tsx')];
  const args = [
    path.join(here, 'trainChild.ts'),
    task,
    index,
    folder,
    backend,
    threads,
    steps,
    allowSoftware,
  ].map(String);
  // Without the root's path mapping the child imports the built package, as a user does.
  return runJson(process.execPath, [...loader, ...args], {
    TSX_TSCONFIG_PATH: path.join(here, 'tsconfig.json'),
  });
}

function runPeer(index: number, folder: string, threads: number): Promise<Measurement> {
  const config = path.join(folder, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({
      in_channels: inChannels,
      filter_config: networks[index].filterConfig,
      block_num: blockNum,
      upmode: 'deconv_2',
      use_skipAtt: true,
      time_embedding_dim: timeEmbeddingDim,
      dropout_rate: dropoutRate,
      dropout_type: 'traditional',
    }),
  );
  const given = {
    weights: path.join(folder, 'weights.safetensors'),
    batch: path.join(folder, 'batch.safetensors'),
    config,
    threads,
    steps,
  };
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return runJson(peer!, ['-B', path.join(here, 'peers/train_step.py'), ...args]);
}

/** What `run` measures, or undefined, with a line that says why, when memory is short or the backend does not start. */
async function attempt(
  what: string,
  run: () => Promise<Measurement | NotStarted>,
): Promise<Measurement | undefined> {
  try {
    const result = await run();
    if (!('notStarted' in result)) return result;
    console.log(`  ${what}: does not start (${result.notStarted})`);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    console.log(`  ${what}: ${error.outOfMemory ? 'cannot hold this network' : 'failed'}, ${error.message}`);
    if (!error.outOfMemory) process.exitCode = 1;
  }
  return undefined;
}

function checkAgreement(measured: readonly (Timing & { firstLoss: number })[]): void {
  const losses = measured.map(({ firstLoss }) => firstLoss);
  if (losses.some((loss) => !(Math.abs(loss - losses[0]) <= agreement))) {
    const list = measured.map((m) => `${m.backend} (${m.threads ?? m.adapter}) ${m.firstLoss}`).join(', ');
    throw new Error(`the first losses differ by more than ${agreement}: ${list}`);
  }
  if (losses.length > 0) console.log(`  first loss ${losses.map((loss) => loss.toFixed(7)).join(', ')}`);
}

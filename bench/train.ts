/** Times a training step of three networks on every backend that starts, and in PyTorch. See README.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { decimal } from '../examples/lib/config/decimal.js';
import { listItems } from '../examples/lib/config/listItems.js';
import { type BenchRow, makeRows, type Timing } from './BenchRow.js';
import { countTrainingFlops } from './countTrainingFlops.js';
import { findPeer } from './findPeer.js';
import { formatRows } from './formatRows.js';
import { networkName, networks } from './networks.js';
import { measureBackends, type NotStarted, runChild, runPeer } from './runMeasurement.js';
import type { Measurement } from './trainChild.js';

const { values: options } = parseArgs({
  options: {
    networks: { type: 'string', default: networks.map((_, i) => i + 1).join() },
    backends: { type: 'string' },
    steps: { type: 'string', default: '5' },
    json: { type: 'string' },
  },
});
const chosen = listItems(options.networks).map((number) => decimal(number) - 1);
const backends = listItems(options.backends ?? 'wasm,node,webgpu');
// An adapter that computes on the processor takes minutes a step: only where WebGPU is asked for by name.
const allowSoftware = options.backends !== undefined;
const steps = decimal(options.steps);
if (!chosen.every((index) => networks[index]) || !(Number.isInteger(steps) && steps > 0)) {
  throw new Error(`--networks takes numbers from 1 to ${networks.length}, --steps an integer above 0`);
}

/** Two first losses further apart than this come from different networks. */
const agreement = 1e-4;

const peer = findPeer();
if (!peer) console.log('No Python with PyTorch: run bench/peers/setup.sh to compare with it.');

const rows: BenchRow[] = [];
for (const index of chosen) rows.push(...(await measureNetwork(index)));
if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);

async function measureNetwork(index: number): Promise<BenchRow[]> {
  const network = networks[index];
  const flops = countTrainingFlops(network);
  console.log(`\n${networkName(network)}, ${(flops / 1e9).toFixed(1)} GFLOP a step`);
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-train-'));
  try {
    await runChild('trainChild.ts', 'prepare', index, folder);
    const batch = path.join(folder, 'batch.safetensors');
    const measured = await measureBackends([...(peer ? ['pytorch'] : []), ...backends], (backend, threads) =>
      backend === 'pytorch'
        ? runPeer<Measurement>(peer!, 'train_step.py', network, folder, { batch, threads, steps })
        : runChild<Measurement | NotStarted>(
            'trainChild.ts',
            ...['measure', index, folder, backend, threads, steps, allowSoftware],
          ),
    );
    checkAgreement(measured);
    const networkRows = makeRows(network, measured, { flops });
    for (const line of formatRows(networkRows)) console.log(`  ${line}`);
    return networkRows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function checkAgreement(measured: readonly (Timing & { firstLoss: number })[]): void {
  const losses = measured.map(({ firstLoss }) => firstLoss);
  if (losses.some((loss) => !(Math.abs(loss - losses[0]) <= agreement))) {
    const list = measured.map((m) => `${m.backend} (${m.threads ?? m.adapter}) ${m.firstLoss}`).join(', ');
    throw new Error(`the first losses differ by more than ${agreement}: ${list}`);
  }
  if (losses.length > 0) console.log(`  first loss ${losses.map((loss) => loss.toFixed(7)).join(', ')}`);
}

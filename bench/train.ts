/** Times a training step of three networks on every backend that starts, and in PyTorch. See README.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BenchRow, makeRows, type Precision, type Timing } from './BenchRow.js';
import { benchOptions } from './benchOptions.js';
import { countTrainingFlops } from './countTrainingFlops.js';
import { formatRows } from './formatRows.js';
import { findNetwork, networkName, networks } from './networks.js';
import { measureBackends, type NotStarted, runChild, runPeer } from './runMeasurement.js';
import { torchPeer } from './torchPeer.js';
import type { Measurement } from './trainChild.js';

const { counts, limit, ...options } = benchOptions(networks, { steps: 5, 'warm-up': 2 });

/** Two first losses further apart than this, the lower precision's, come from different networks. */
const agreement: Record<Precision, number> = { f32: 1e-4, tf32: 2e-3, bf16: 2e-2 };

const peer = torchPeer(options.device);

const rows: BenchRow[] = [];
for (const name of options.networks) rows.push(...(await measureNetwork(name)));
if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);

async function measureNetwork(name: string): Promise<BenchRow[]> {
  const network = findNetwork(networks, name)!;
  const flops = countTrainingFlops(network);
  console.log(`\n${networkName(network)}, ${(flops / 1e9).toFixed(1)} GFLOP a step`);
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-train-'));
  try {
    await runChild('trainChild.ts', ['prepare', name, folder]);
    const batch = path.join(folder, 'batch.safetensors');
    const measured = await measureBackends(
      [...(peer ? ['pytorch'] : []), ...options.backends],
      options.device,
      ({ backend, ...setup }) =>
        backend === 'pytorch'
          ? runPeer<Measurement>(peer!, 'train_step.py', network, {
              folder,
              limit,
              batch,
              ...setup,
              ...counts,
            })
          : runChild<Measurement | NotStarted>(
              'trainChild.ts',
              [
                ...['measure', name, folder, backend, setup.threads, counts.steps, counts['warm-up']],
                ...[options.allowSoftware, limit ?? Number.POSITIVE_INFINITY],
              ],
              limit,
            ),
    );
    const networkRows = makeRows(network, measured, { flops });
    for (const line of formatRows(networkRows)) console.log(`  ${line}`);
    checkAgreement(measured);
    return networkRows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function checkAgreement(measured: readonly (Timing & { firstLoss: number })[]): void {
  const [first] = measured;
  const agrees = ({ firstLoss, precision = 'f32' }: Timing & { firstLoss: number }) =>
    Math.abs(firstLoss - first.firstLoss) <=
    Math.max(agreement[precision], agreement[first.precision ?? 'f32']);
  if (!measured.every(agrees)) {
    const list = measured.map(
      (m) => `${m.backend} (${m.threads ?? m.adapter}, ${m.precision}) ${m.firstLoss}`,
    );
    throw new Error(`the first losses differ by more than ${agreement.f32}: ${list.join(', ')}`);
  }
  const losses = measured.map(({ firstLoss }) => firstLoss.toFixed(7));
  if (losses.length > 0) console.log(`  first loss ${losses.join(', ')}`);
}

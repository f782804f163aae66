/** Times DDIM sampling by two networks on every backend that starts, and in PyTorch. See README.md. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readSafetensors } from 'diffusion-ssl/interop';
import { decimal } from '../examples/lib/config/decimal.js';
import { listItems } from '../examples/lib/config/listItems.js';
import { type BenchRow, makeRows, type Timing } from './BenchRow.js';
import { countForwardFlops } from './countForwardFlops.js';
import { findPeer } from './findPeer.js';
import { formatRows } from './formatRows.js';
import { networkName, sampledNetworks } from './networks.js';
import { type Measured, measureBackends, type NotStarted, runChild, runPeer } from './runMeasurement.js';

const { values: options } = parseArgs({
  options: {
    networks: { type: 'string', default: sampledNetworks.map((_, i) => i + 1).join() },
    backends: { type: 'string' },
    runs: { type: 'string', default: '3' },
    steps: { type: 'string', default: '50' },
    json: { type: 'string' },
  },
});
const chosen = listItems(options.networks).map((number) => decimal(number) - 1);
const backends = listItems(options.backends ?? 'wasm,node,webgpu');
// An adapter that computes on the processor takes minutes a step: only where WebGPU is asked for by name.
const allowSoftware = options.backends !== undefined;
const [runs, steps] = [decimal(options.runs), decimal(options.steps)];
if (
  !chosen.every((index) => sampledNetworks[index]) ||
  ![runs, steps].every((n) => Number.isInteger(n) && n > 0)
) {
  throw new Error(
    `--networks takes numbers from 1 to ${sampledNetworks.length}, --runs and --steps an integer above 0`,
  );
}

/** Samples whose values differ by more than this part of the largest one come from different networks or samplers. */
const agreement = 1e-3;

const peer = findPeer();
if (!peer) console.log('No Python with PyTorch: run bench/peers/setup.sh to compare with it.');

const rows: BenchRow[] = [];
for (const index of chosen) rows.push(...(await measureNetwork(index)));
if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);

async function measureNetwork(index: number): Promise<BenchRow[]> {
  const network = sampledNetworks[index];
  const flops = countForwardFlops(network);
  console.log(`\n${networkName(network)}, ${(flops / 1e9).toFixed(1)} GFLOP a step, ${steps} steps`);
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-sample-'));
  try {
    await runChild('sampleChild.ts', 'prepare', index, folder);
    const noise = path.join(folder, 'noise.safetensors');
    const measured = await measureBackends(
      [...(peer ? ['pytorch'] : []), ...backends],
      async (backend, threads) => {
        const result = path.join(folder, `${backend}-${threads}.safetensors`);
        const measurement =
          backend === 'pytorch'
            ? await runPeer<Measured>(peer!, 'sample.py', network, folder, {
                noise,
                result,
                threads,
                steps,
                runs,
              })
            : await runChild<Measured | NotStarted>(
                'sampleChild.ts',
                ...['measure', index, folder, backend, threads, runs, steps, allowSoftware, result],
              );
        return 'notStarted' in measurement ? measurement : { ...measurement, samples: readSamples(result) };
      },
    );
    checkAgreement(measured);
    const networkRows = makeRows(network, measured, { flops, stepsPerImage: steps });
    for (const line of formatRows(networkRows)) console.log(`  ${line}`);
    return networkRows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readSamples(file: string): Float32Array {
  return readSafetensors(readFileSync(file)).tensors.get('samples')!.data as Float32Array;
}

function checkAgreement(measured: readonly (Timing & { samples: Float32Array })[]): void {
  if (measured.length === 0) return;
  const [first, ...others] = measured;
  const largest = first.samples.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  for (const { backend, threads, adapter, samples } of others) {
    const error = samples.reduce((max, value, i) => Math.max(max, Math.abs(value - first.samples[i])), 0);
    console.log(
      `  ${backend} (${threads ?? adapter}): ${(error / largest).toExponential(1)} from ${first.backend}'s samples`,
    );
    if (!(error <= agreement * largest)) {
      throw new Error(
        `the samples of ${backend} differ by ${error}, more than ${agreement} of the largest value ${largest}`,
      );
    }
  }
}

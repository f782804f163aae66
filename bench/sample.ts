/** Times DDIM sampling by two networks on every backend that starts, and in PyTorch. See README.md. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSafetensors } from 'diffusion-ssl/interop';
import { type BenchRow, makeRows, type Timing } from './BenchRow.js';
import { benchOptions } from './benchOptions.js';
import { countForwardFlops } from './countForwardFlops.js';
import { formatRows } from './formatRows.js';
import { findNetwork, networkName, sampledNetworks } from './networks.js';
import { type Measured, measureBackends, type NotStarted, runChild, runPeer } from './runMeasurement.js';
import { torchPeer } from './torchPeer.js';

const { counts, limit, ...options } = benchOptions(sampledNetworks, { runs: 3, steps: 50 });
const { runs, steps } = counts;

/**
 * Samples in float32 whose values differ by more than this part of the largest one come from different networks or
 * samplers.
 */
const agreement = 1e-3;

const peer = torchPeer(options.device);

const rows: BenchRow[] = [];
for (const name of options.networks) rows.push(...(await measureNetwork(name)));
if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);

async function measureNetwork(name: string): Promise<BenchRow[]> {
  const network = findNetwork(sampledNetworks, name)!;
  const flops = countForwardFlops(network);
  console.log(`\n${networkName(network)}, ${(flops / 1e9).toFixed(1)} GFLOP a step, ${steps} steps`);
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-sample-'));
  try {
    await runChild('sampleChild.ts', ['prepare', name, folder]);
    const noise = path.join(folder, 'noise.safetensors');
    const measured = await measureBackends(
      [...(peer ? ['pytorch'] : []), ...options.backends],
      options.device,
      async ({ backend, ...setup }) => {
        const result = path.join(folder, `${backend}-${setup.threads}-${setup.precision}.safetensors`);
        const measurement =
          backend === 'pytorch'
            ? await runPeer<Measured>(peer!, 'sample.py', network, {
                folder,
                limit,
                noise,
                result,
                ...setup,
                ...counts,
              })
            : await runChild<Measured | NotStarted>(
                'sampleChild.ts',
                ['measure', name, folder, backend, setup.threads, runs, steps, options.allowSoftware, result],
                limit,
              );
        return 'notStarted' in measurement ? measurement : { ...measurement, samples: readSamples(result) };
      },
    );
    const networkRows = makeRows(network, measured, { flops, stepsPerImage: steps });
    for (const line of formatRows(networkRows)) console.log(`  ${line}`);
    checkAgreement(measured);
    return networkRows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readSamples(file: string): Float32Array {
  return readSafetensors(readFileSync(file)).tensors.get('samples')!.data as Float32Array;
}

function checkAgreement(measured: readonly (Timing & { samples: Float32Array })[]): void {
  const first = measured.find(({ precision = 'f32' }) => precision === 'f32') ?? measured[0];
  if (!first) return;
  const largest = first.samples.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  for (const { backend, threads, adapter, precision, samples } of measured) {
    if (samples === first.samples) continue;
    const error = samples.reduce((max, value, i) => Math.max(max, Math.abs(value - first.samples[i])), 0);
    console.log(
      `  ${backend} (${threads ?? adapter}, ${precision}): ` +
        `${(error / largest).toExponential(1)} from ${first.backend}'s samples`,
    );
    // The error of a lower precision grows over the steps; it is printed alone.
    if (precision === 'f32' ? !(error <= agreement * largest) : Number.isNaN(error)) {
      throw new Error(
        `the samples of ${backend} differ by ${error}, more than ${agreement} of the largest value ${largest}`,
      );
    }
  }
}
